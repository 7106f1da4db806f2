// What a person reads where the database cannot be used, from the real server: what is wrong and what to do, and never
// the password.
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import { StoreError } from "../../../lib/store/port.ts";
import { openPostgresStore } from "../../../lib/store/postgres/postgres.ts";
import { postgresUrl } from "../../support/postgres.ts";
import { type PostgresServer, postgresPrograms, startPostgres } from "../../support/postgres-server.ts";

const PASSWORD = "hunter2-correct-horse";

describe.skipIf(postgresUrl === null)("a database that cannot be used", () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres(postgresPrograms()!);
    await sql("CREATE ROLE guest LOGIN PASSWORD 'right'; CREATE ROLE owner LOGIN; CREATE DATABASE theirs OWNER owner");
    await sql("CREATE ROLE crowd LOGIN CONNECTION LIMIT 0");
    makeCertificate();
    const rules = ["hostnossl all tls 127.0.0.1/32 reject", "host all guest 127.0.0.1/32 scram-sha-256"];
    prepend(join(server.folder, "pg_hba.conf"), `${rules.join("\n")}\n`);
    await sql("CREATE ROLE tls LOGIN SUPERUSER; ALTER SYSTEM SET ssl = on");
    server.stop("fast");
    await server.start();
  });
  afterAll(() => server?.remove());

  async function sql(text: string): Promise<void> {
    const client = new Client(server.url);
    await client.connect();
    try {
      // ALTER SYSTEM and CREATE DATABASE stand in no transaction.
      for (const statement of text.split(";")) await client.query(statement);
    } finally {
      await client.end();
    }
  }
  function makeCertificate(): void {
    const [key, certificate] = [join(server.folder, "server.key"), join(server.folder, "server.crt")];
    const subject = ["-subj", "/CN=database.example.com", "-days", "2"];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", certificate, ...subject], {
      stdio: "pipe",
    });
    const { uid, gid } = statSync(server.folder);
    for (const file of [key, certificate]) chownSync(file, uid, gid);
    chmodSync(key, 0o600);
  }
  const at = (user: string, database = "postgres", query = "") =>
    `postgres://${user}:${PASSWORD}@127.0.0.1:${server.port}/${database}${query}`;

  const cases: [sentence: string, url: () => string, message: RegExp][] = [
    ["no URL of PostgreSQL", () => "mysql://a:b@c/d", /store\.url is no PostgreSQL URL: write postgres:/],
    [
      "nothing listens",
      () => `postgres://lookout:${PASSWORD}@127.0.0.1:1/alerts`,
      /"alerts" on 127\.0\.0\.1:1 cannot be reached/,
    ],
    [
      "an unknown host",
      () => `postgres://u:${PASSWORD}@nowhere.invalid/alerts`,
      /nowhere\.invalid.* (the host is unknown|cannot be looked up)/,
    ],
    ["a wrong password", () => at("guest"), /"postgres" on 127\.0\.0\.1:\d+ refuses the password/],
    ["no password", () => `postgres://guest@127.0.0.1:${server.port}/postgres`, /wants a password: name one/],
    ["an unknown user", () => at("nobody"), /refuses this user or this way to connect/],
    ["an unknown database", () => at("lookout", "nothing"), /database "nothing" .*does not exist\. Make it \(createdb/],
    [
      "no permission for the schema",
      () => at("owner", "postgres"),
      /denies permissions\. .*GRANT CREATE, USAGE ON SCHEMA/,
    ],
    ["a schema that is not there", () => at("owner", "theirs", "?options=-c%20search_path%3Dnone"), /has no schema/],
    ["as many connections as the user may have", () => at("crowd"), /has too many connections/],
    [
      "an unknown sslmode",
      () => at("lookout", "postgres", "?sslmode=maybe"),
      /sslmode in store\.url must be one of disable,/,
    ],
    ["verify-ca without an authority", () => at("lookout", "postgres", "?sslmode=verify-ca"), /needs sslrootcert/],
    [
      "an authority's file that is missing",
      () => at("tls", "postgres", "?sslmode=verify-ca&sslrootcert=/none"),
      /the file \/none that it names cannot be read \(ENOENT\)/,
    ],
    [
      "a certificate of nobody known",
      () => at("tls", "postgres", "?sslmode=verify-full"),
      /certificate that is not trusted/,
    ],
    [
      "a certificate of another host",
      () => at("tls", "postgres", `?sslmode=verify-full&sslrootcert=${copyOfCertificate()}`),
      /shows a certificate of another host/,
    ],
    ["TLS is required of the client", () => at("tls", "postgres", "?sslmode=disable"), /refuses this user or this way/],
    ["TLS is required of the server", () => `${postgresUrl}?sslmode=require`, /takes no TLS\. Turn it on/],
  ];
  test.each(cases)("%s", async (_, url, message) => {
    const error = await openPostgresStore({ url: url(), clock: wallClock }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StoreError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain(PASSWORD);
  });

  function copyOfCertificate(): string {
    return join(server.folder, "server.crt");
  }

  test.each([
    ["is left open and the server takes it", () => at("tls")],
    ["is required", () => at("tls", "postgres", "?sslmode=require")],
    [
      "is required of a known authority",
      () => at("tls", "postgres", `?sslmode=verify-ca&sslrootcert=${copyOfCertificate()}`),
    ],
  ])("one that speaks TLS is used with it where that %s", async (_, url) => {
    const store = await openPostgresStore({ url: url(), clock: wallClock });
    await store.commit([{ op: "put", pk: "p", sk: "s", data: 1 }]);
    expect(await store.get({ pk: "p", sk: "s" })).toMatchObject({ data: 1 });
    await store.close();
  });

  test.each([
    ["a server without TLS, where that is preferred", () => `${postgresUrl}?sslmode=prefer`],
    ["a socket", () => `postgres:///postgres?user=lookout&host=${server.folder}&port=${server.port}`],
  ])("%s is used without it", async (_, url) => {
    const store = await openPostgresStore({ url: url(), clock: wallClock });
    expect(await store.get({ pk: "p", sk: "none" })).toBeUndefined();
    await store.close();
  });

  test("a user who may only read and write the table of another can use it", async () => {
    const store = await openPostgresStore({ url: at("lookout"), clock: wallClock });
    await store.close();
    await sql("GRANT SELECT, INSERT, UPDATE, DELETE ON lookout_rows TO owner");
    const limited = await openPostgresStore({ url: at("owner"), clock: wallClock });
    await limited.commit([{ op: "put", pk: "p", sk: "limited", data: 1 }]);
    await limited.close();
    await sql("REVOKE INSERT ON lookout_rows FROM owner");
    const less = await openPostgresStore({ url: at("owner"), clock: wallClock });
    const writing = less.commit([{ op: "put", pk: "p", sk: "less", data: 1 }]);
    await expect(writing).rejects.toThrow(/denies permissions/);
    await less.close();
  });
});

function prepend(file: string, text: string): void {
  writeFileSync(file, text + readFileSync(file, "utf8"));
}
