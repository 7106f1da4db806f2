// The store on an SQLite file: several processes on one file, what survives a kill, and files that cannot be used.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { STATE_VERSION } from "../../../lib/store/ops.ts";
import { StoreError, StoreGone } from "../../../lib/store/port.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";
import { lastingStoreContract } from "../contract.ts";
import { START } from "../rows.ts";

const root = mkdtempSync(join(tmpdir(), "lookout-store-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const CHILD = join(import.meta.dirname, "child.ts");
const now = () => START;
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, "t-"));
  path = join(folder, "state.db");
});

lastingStoreContract(async (clock) => {
  const file = join(mkdtempSync(join(root, "c-")), "state.db");
  const reopen = async () => openSqliteStore({ path: file, now: clock });
  const db = await reopen().then(async (first) => {
    await first.close();
    return new DatabaseSync(file, { timeout: 10_000 });
  });
  return {
    stores: [await reopen(), await reopen()],
    state: {
      // A file without a mark is one of version 0.
      mark: async (version = 0) => db.exec(`PRAGMA user_version = ${version}`),
      marked: async () => Number(db.prepare("PRAGMA user_version").get()?.["user_version"]),
      async edit({ pk, sk }, change) {
        const { data } = db.prepare("SELECT data FROM rows WHERE pk = ? AND sk = ?").get(pk, sk) as { data: string };
        db.prepare("UPDATE rows SET data = ? WHERE pk = ? AND sk = ?").run(change(data), pk, sk);
      },
      reopen,
    },
    clean: async () => db.close(),
  };
});

function child(task: string, ...args: string[]): ChildProcess & { stdout: NodeJS.ReadableStream } {
  return spawn(process.execPath, [CHILD, task, path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

test("the file and its folders are made, for their owner alone", async () => {
  path = join(folder, "a/b/state.db");
  const store = openSqliteStore({ path, now });
  await store.commit([{ op: "put", pk: "p", sk: "s", data: 1 }]);
  expect(
    [path, `${path}-wal`, join(folder, "a"), join(folder, "a/b")].map((made) => statSync(made).mode & 0o777),
  ).toEqual([0o600, 0o600, 0o700, 0o700]);
  await store.close();
});

test("purge removes what expired, returns how many, and leaves the rest", async () => {
  const store = openSqliteStore({ path, now });
  const rows = Array.from({ length: 1_200 }, (_, n) => ({
    op: "put" as const,
    pk: "p",
    sk: `${n}`,
    data: n,
    expires: START - 1,
  }));
  await store.commit([
    ...rows,
    { op: "put", pk: "p", sk: "a", data: 1 },
    { op: "put", pk: "p", sk: "b", data: 1, expires: START + 1 },
  ]);
  expect(await store.purge(START)).toBe(1_200);
  expect(await store.purge(START)).toBe(0);
  expect((await store.list("p")).map((row) => row.sk)).toEqual(["a", "b"]);
  await store.close();
});

test("processes that open a new file at once and count together lose no count", async () => {
  const children = [child("count", "100"), child("count", "100"), child("count", "100")];
  const codes = await Promise.all(children.map(async (process) => (await once(process, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0]);
  const store = openSqliteStore({ path, now });
  expect(await store.get({ pk: "p", sk: "count" })).toMatchObject({ data: 300, version: 300 });
  await store.close();
});

test("what was acknowledged before a kill -9 is there after it, and the other rows of its commit with it", async () => {
  let acknowledged = 0;
  for (let round = 1; round <= 3; round++) {
    const process = child("write", String(acknowledged + 1));
    for await (const line of createInterface({ input: process.stdout })) {
      acknowledged = Number(line);
      if (acknowledged % 40 === 0) process.kill("SIGKILL");
    }
    expect(acknowledged).toBeGreaterThanOrEqual(40 * round);
    const store = openSqliteStore({ path, now });
    const rows = await store.list<number>("p");
    const last = (await store.get<number>({ pk: "head", sk: "last" }))?.data ?? 0;
    expect(last).toBeGreaterThanOrEqual(acknowledged);
    expect(rows.map((row) => row.data)).toEqual(Array.from({ length: last }, (_, n) => n + 1));
    acknowledged = last;
    await store.close();
  }
});

test("a disk that takes no more fails the commit with what to do, and keeps what it had", async () => {
  const script = `ulimit -f 2000; trap '' XFSZ; exec "$0" "$@"`;
  const process = spawn("sh", ["-c", script, globalThis.process.execPath, CHILD, "fill", path]);
  const lines = (await text(process.stdout)).trim().split("\n");
  expect(lines.at(-1)).toMatch(/^StoreError: the state file .*state\.db cannot (be read or written|grow): .*disk/);
  const store = openSqliteStore({ path, now });
  const kept = (await store.list("p")).length;
  expect(kept).toBe(lines.length - 1);
  expect(kept).toBeGreaterThan(0);
  await store.close();
});

test("rows of 1.6 KB, in the order of a hash, take little more room than that", async () => {
  const store = openSqliteStore({ path, now });
  const sk = (n: number) => String((n * 7_919) % 1_000).padStart(32, "0");
  const data = "x".repeat(1_600);
  await store.commit(
    Array.from({ length: 1_000 }, (_, n) => ({ op: "put" as const, pk: "delivery", sk: sk(n), data })),
  );
  await store.close();
  expect(statSync(path).size).toBeLessThan(2_400_000);
});

test("a file of an earlier release, whose rows lie with their keys, is used as it is", async () => {
  await openSqliteStore({ path, now }).close();
  const db = new DatabaseSync(path);
  const { sql } = db.prepare("SELECT sql FROM sqlite_schema WHERE name = 'rows'").get() as { sql: string };
  db.exec("DROP TABLE rows");
  db.exec(sql.replace(/STRICT$/, "STRICT, WITHOUT ROWID"));
  db.exec("CREATE INDEX rows_due ON rows (queue, due) WHERE queue IS NOT NULL");
  db.close();
  const store = openSqliteStore({ path, now });
  const put = (sk: string, due: number) => ({
    op: "put" as const,
    pk: "p",
    sk,
    data: sk,
    queue: "timer" as const,
    due,
  });
  await store.commit([put("a", 3), put("b", 1), put("c", 2)]);
  await store.commit([
    { ...put("b", 4), expect: 1 },
    { op: "delete", pk: "p", sk: "a", expect: 1 },
  ]);
  expect(await store.due("timer", 5, 5)).toMatchObject([
    { sk: "c", version: 1 },
    { sk: "b", version: 2 },
  ]);
  expect(await store.list("p")).toMatchObject([{ sk: "b" }, { sk: "c" }]);
  await store.close();
});

describe("a file that cannot be used is left as it is and reported with what to do", () => {
  function sql(text: string): void {
    const db = new DatabaseSync(path);
    db.exec(text);
    db.close();
  }
  function made(change = ""): string {
    openSqliteStore({ path, now }).close();
    sql(change);
    return path;
  }
  const cases: [string, () => void, RegExp][] = [
    ["a directory", () => mkdirSync(path), /is a directory: set store\.path/],
    ["no database", () => writeFileSync(path, "not a database, ".repeat(100)), /is no SQLite database/],
    ["another program's database", () => sql("CREATE TABLE theirs (a)"), /another program/],
    [
      "a newer Lookout's",
      () => made(`PRAGMA user_version = ${STATE_VERSION + 1}`),
      /newer Lookout .*: .*set store\.path to another file/,
    ],
    ["cut off", () => truncateSync(made(), 5_000), /is damaged/],
  ];
  test.each(cases)("%s", (_, prepare, message) => {
    prepare();
    const before = statSync(path).isDirectory() ? "" : readFileSync(path);
    const open = () => openSqliteStore({ path, now });
    expect(open).toThrow(StoreError);
    expect(open).toThrow(message);
    if (before !== "") expect(readFileSync(path)).toEqual(before);
  });

  test("a path under a file", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => openSqliteStore({ path: join(folder, "file/state.db"), now })).toThrow(
      /under something that is no directory/,
    );
  });

  test.skipIf(process.getuid?.() === 0)("a folder that is read-only (root may write in any)", () => {
    chmodSync(folder, 0o500);
    expect(() => openSqliteStore({ path, now })).toThrow(/check the permissions/);
  });

  test("a page damaged after it was opened", async () => {
    const store = openSqliteStore({ path, now });
    await store.commit(
      Array.from({ length: 500 }, (_, n) => ({ op: "put", pk: "p", sk: `${n}`, data: "x".repeat(500) })),
    );
    await store.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xff, 8_192, bytes.length));
    const damaged = openSqliteStore({ path, now });
    await expect(damaged.list("p")).rejects.toThrow(/is damaged: move it away and restore a backup/);
    await damaged.close();
  });
});

const losses: [what: string, how: RegExp, lose: () => void][] = [
  ["removed", /state file .*state\.db was removed or moved away/, () => rmSync(path)],
  ["moved away", /state\.db was removed or moved away/, () => renameSync(path, `${path}.old`)],
  [
    "replaced by a copy",
    /state\.db was replaced/,
    () => {
      copyFileSync(path, `${path}.new`);
      renameSync(`${path}.new`, path);
    },
  ],
  ["emptied", /state\.db was cut off/, () => truncateSync(path, 0)],
  ["cut in half", /state\.db was cut off/, () => truncateSync(path, statSync(path).size >> 1)],
  ["without its log", /log of the state file, .*-wal was removed/, () => rmSync(`${path}-wal`)],
  [
    "with another log",
    /-wal was replaced/,
    () => {
      copyFileSync(`${path}-wal`, `${path}.new`);
      renameSync(`${path}.new`, `${path}-wal`);
    },
  ],
  ["with an emptied log", /-wal was cut off/, () => truncateSync(`${path}-wal`, 0)],
  ["without the index of its log", /-shm was removed/, () => rmSync(`${path}-shm`)],
  ["in a folder that is moved away", /was removed or moved away/, () => renameSync(folder, `${folder}.old`)],
  [
    "in a folder that is replaced",
    /was replaced/,
    () => {
      renameSync(folder, `${folder}.old`);
      mkdirSync(folder);
      copyFileSync(`${folder}.old/state.db`, path);
    },
  ],
  [
    "in a folder that became a file",
    /was removed or moved away/,
    () => {
      renameSync(folder, `${folder}.old`);
      writeFileSync(folder, "");
    },
  ],
];

test.each(losses)("a file that is %s while it is open takes no commit more, and says so", async (_, how, lose) => {
  // With pages in the file, and newer ones in its log.
  const before = openSqliteStore({ path, now });
  await before.commit([{ op: "put", pk: "p", sk: "s", data: "x".repeat(4_000) }]);
  await before.close();
  const store = openSqliteStore({ path, now });
  await store.commit([{ op: "put", pk: "p", sk: "t", data: 1 }]);
  lose();
  const commit = () => store.commit([{ op: "put", pk: "p", sk: "u", data: 1 }]);
  await expect(commit()).rejects.toThrow(StoreGone);
  await expect(commit()).rejects.toThrow(how);
  await expect(store.probe!(1)).rejects.toThrow(StoreGone);
  await expect(store.purge(START)).rejects.toThrow(StoreGone);
});

test("a file that others shorten as SQLite does stays in use: VACUUM, and a log that is emptied after a checkpoint", async () => {
  const store = openSqliteStore({ path, now });
  const other = new DatabaseSync(path);
  const put = (n: number, data: unknown) => store.commit([{ op: "put", pk: "p", sk: String(n), data }]);
  for (let n = 0; n < 50; n++)
    await put(
      n,
      Array.from({ length: 700 }, (_, at) => at * n),
    );
  other.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  await put(50, 1);
  const { size } = statSync(path);
  for (let n = 0; n < 50; n++) await store.commit([{ op: "delete", pk: "p", sk: String(n) }]);
  other.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  await put(51, 1);
  expect(statSync(path).size).toBeLessThan(size);
  expect(await store.list("p")).toHaveLength(2);
  other.close();
  await store.close();
});

test("a file behind a symbolic link is watched with the log beside the file itself", async () => {
  const link = join(folder, "link.db");
  const first = openSqliteStore({ path, now });
  await first.close();
  symlinkSync(path, link);
  const store = openSqliteStore({ path: link, now });
  await store.commit([{ op: "put", pk: "p", sk: "s", data: 1 }]);
  rmSync(`${path}-wal`);
  await expect(store.commit([{ op: "put", pk: "p", sk: "t", data: 1 }])).rejects.toThrow("-wal was removed");
});
