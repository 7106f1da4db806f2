// The cloud client against a real server that refuses, throttles, cuts, lies and redirects.
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import { CloudError } from "../../../lib/sources/cloud/client.ts";
import type { CredentialGate } from "../../../lib/sources/cloud/gate.ts";
import { type ClientOptions, createCloudClient } from "../../../lib/sources/cloud/http.ts";
import { createTokenKeeper, type Token } from "../../../lib/sources/cloud/iam.ts";
import { type Handler, json, serve, type TestServer, testClock } from "../support.ts";

const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const SECRET = "sk-very-secret-0123";
const keys = { accessKey: "AK", secretKey: SECRET };
const login = { username: "watcher", password: SECRET, domain: "dom" };
let server: TestServer;

afterEach(() => server.close());

async function client(
  handler: Handler,
  auth: ClientOptions["connection"]["auth"] = keys,
  more: Partial<ClientOptions> = {},
) {
  server = await serve(handler);
  const endpoints = { modelarts: server.url, ces: server.url, iam: server.url };
  const clock = testClock(NOW);
  const connection = { cloud: "custom" as const, region: "eu-de", projectId: "p1", auth, endpoints };
  const limits = { rate: 0, ...more.limits };
  const redactor = createRedactor();
  return { clock, ...createCloudClient({ connection, clock, random: () => 0.5, redactor, ...more, limits }) };
}

const ask = { service: "modelarts" as const, path: "/v1/{project_id}/services" };

async function failure(work: Promise<unknown>): Promise<CloudError> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(CloudError);
  return error as CloudError;
}

/** Answers the given responses in turn, the last one for ever. */
function turns(...answers: ((response: ServerResponse) => void)[]): Handler {
  let turn = 0;
  return (_, response) => answers[Math.min(turn++, answers.length - 1)]!(response);
}
const ok = (response: ServerResponse) => json(response, 200, { fine: true });

test("signs with the access key, names the project, and encodes paths and queries", async () => {
  const { request } = await client((_, response) => ok(response), { ...keys, securityToken: "st" });
  await request({ service: "ces", path: "/V1.0/{project_id}/event/%E6%9C%8D", query: { a: "x y*", none: undefined } });
  const [sent] = server.requests;
  expect(sent!.url).toBe("/V1.0/p1/event/%E6%9C%8D?a=x%20y%2A");
  expect(sent!.headers["x-project-id"]).toBe("p1");
  expect(sent!.headers["x-security-token"]).toBe("st");
  expect(sent!.headers["authorization"]).toContain(
    "Access=AK, SignedHeaders=host;x-project-id;x-sdk-date;x-security-token, Signature=",
  );
});

describe("what is worth it is tried again", () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ["500", (r) => json(r, 500, {})],
    ["408", (r) => json(r, 408, {})],
    ["429 without a time", (r) => json(r, 429, {})],
    ["429 with a short Retry-After", (r) => json(r, 429, {}, { "retry-after": "1" })],
    ["a reset connection", (r) => r.destroy()],
    ["a body that is cut", (r) => void r.writeHead(200, { "content-length": "100" }).write('{"a":', () => r.destroy())],
    ["a page of HTML with status 200", (r) => void r.end("<html>hello</html>")],
  ])("%s", async (_, bad) => {
    const { request } = await client(turns(bad, bad, ok));
    expect(await request(ask)).toEqual({ fine: true });
    expect(server.requests).toHaveLength(3);
  });

  test("three tries and no more, with jittered waits", async () => {
    const { request, clock } = await client(turns((r) => json(r, 503, { error_msg: "busy", error_code: "X.1" })));
    const error = await failure(request(ask));
    expect(error).toMatchObject({ kind: "server", status: 503, code: "X.1" });
    expect(server.requests).toHaveLength(3);
    expect(clock.waits).toEqual([100, 200]);
  });

  test("a target that does not answer costs one timeout", async () => {
    const { request, clock } = await client(
      (_, response) => {
        clock.time += 30_000;
        response.on("close", () => {});
      },
      keys,
      { limits: { timeout: 50 } },
    );
    const error = await failure(request(ask));
    expect(error.kind).toBe("network");
    expect(error.message).toContain("no answer within");
    expect(server.requests).toHaveLength(1);
  });

  test("a long Retry-After is not waited for but handed on", async () => {
    const { request } = await client(turns((r) => json(r, 429, {}, { "retry-after": "60" })));
    expect(await failure(request(ask))).toMatchObject({ kind: "throttled", retryAt: NOW + 60_000 });
    expect(server.requests).toHaveLength(1);
  });
});

describe("every family of error bodies", () => {
  test.each([
    [
      400,
      { error_code: "ModelArts.50004000", error_msg: "Bad request." },
      "bad-request",
      "ModelArts.50004000",
      "Bad request.",
    ],
    [400, { error_code: "ModelArts.2775", error_msg: "no job" }, "not-found", "ModelArts.2775", "no job"],
    [403, { http_code: "403", message: { details: "denied", code: "403" } }, "forbidden", "403", "denied"],
    [
      400,
      { code: 400, element: "Bad Request", message: "m", details: { details: "d", code: "ces.0014" } },
      "bad-request",
      "ces.0014",
      "d",
    ],
    [404, { error: { code: 404, message: "gone", title: "Not Found" } }, "not-found", "404", "gone"],
    [404, { error_code: "APIGW.0101", error_msg: "no API" }, "bad-request", "APIGW.0101", "no API"],
    [
      401,
      { error_code: "APIGW.0301", error_msg: "verify aksk signature fail", request_id: "r" },
      "credentials",
      "APIGW.0301",
      "verify aksk signature fail",
    ],
    [403, { error_code: "ModelArts.0210", error_msg: "mismatch" }, "forbidden", "ModelArts.0210", "mismatch"],
    [413, "plain <b>text</b> of\na proxy", "bad-request", undefined, "plain text of a proxy"],
  ] as const)("%i %j", async (status, body, kind, code, text) => {
    const { request } = await client((_, r) => {
      if (typeof body === "string") r.writeHead(status).end(body);
      else json(r, status, body);
    });
    const error = await failure(request(ask));
    expect(error).toMatchObject({ kind, status, code });
    expect(error.message).toContain(text);
    expect(server.requests).toHaveLength(1);
  });

  test("redirects are refused and an answer is bounded", async () => {
    const { request } = await client(
      turns(
        (r) => void r.writeHead(302, { location: "/elsewhere" }).end(),
        (r) => json(r, 200, { big: "x".repeat(3_000) }),
      ),
      keys,
      { limits: { bytes: 2_000 } },
    );
    expect((await failure(request(ask))).message).toContain("redirects are not followed");
    expect(await failure(request(ask))).toMatchObject({ kind: "malformed" });
    expect(server.requests).toHaveLength(2);
  });
});

describe("credentials", () => {
  function recordingGate(): CredentialGate & { calls: string[] } {
    const calls: string[] = [];
    const note = (name: string) => async () => void calls.push(name);
    const attempt = { refused: note("refused"), accepted: note("accepted"), undecided: note("undecided") };
    return {
      calls,
      async begin() {
        calls.push("begin");
        return attempt;
      },
    };
  }

  test("a refused key is never tried again by itself, and the gate hears of every attempt", async () => {
    const gate = recordingGate();
    const refuse = (r: ServerResponse) => json(r, 401, { error_code: "APIGW.0301", error_msg: `bad ${SECRET}` });
    const { request } = await client(
      turns((r) => json(r, 500, {}), refuse, ok),
      keys,
      { gate },
    );
    const error = await failure(request(ask));
    expect(error.kind).toBe("credentials");
    expect(error.message).not.toContain(SECRET);
    expect(server.requests).toHaveLength(2);
    await request(ask);
    expect(gate.calls).toEqual(["begin", "undecided", "begin", "refused", "begin", "accepted"]);
  });

  test.each([
    ["tags", (secret: string) => [...secret].map((char) => `<b>${char}</b>`).join("")],
    ["a script", (secret: string) => `${secret.slice(0, 9)}<script>let a</script>${secret.slice(9)}`],
  ])("a secret with %s in it is taken out before the error is cut", async (_, written) => {
    const said = `<p>${"e".repeat(286)}</p>${written(SECRET)}`;
    const { request } = await client((_, r) => json(r, 400, { error_code: "ModelArts.0001", error_msg: said }));
    const { message } = await failure(request(ask));
    expect(message.replaceAll(/\s/g, "")).not.toContain(SECRET.slice(0, 4));
  });

  test("a closed gate lets nothing through", async () => {
    const gate = recordingGate();
    gate.begin = async () => {
      throw new CloudError("paused", "the connection rests");
    };
    const { request } = await client((_, r) => ok(r), keys, { gate });
    expect((await failure(request(ask))).kind).toBe("paused");
    expect(server.requests).toHaveLength(0);
  });

  /** An IAM with tokens of one hour, and an API that takes the newest only. */
  function iam(): Handler {
    let issued = 0;
    return (request, response, body) => {
      if (request.url!.startsWith("/v3/auth/tokens")) {
        if (JSON.parse(body).auth.identity.password.user.password !== SECRET)
          return json(response, 401, { error: { code: 401 } });
        const token = { issued_at: new Date(NOW).toISOString(), expires_at: new Date(NOW + 3_600_000).toISOString() };
        return json(response, 201, { token }, { "x-subject-token": `token-${++issued}` });
      }
      if (request.url!.startsWith("/v3/projects"))
        return json(response, 200, { projects: [{ id: "p9", name: "eu-de_x" }] });
      if (request.headers["x-auth-token"] === `token-${issued}`) return json(response, 200, { by: issued });
      return json(response, 401, { error_code: "ModelArts.0202", error_msg: "expired" });
    };
  }
  const logins = () => server.requests.filter(({ url }) => url.startsWith("/v3/auth/tokens"));

  test("one login serves all callers, is renewed before it expires, and asks for the project's scope without a catalogue", async () => {
    const { request, clock } = await client(iam(), login);
    await Promise.all([request(ask), request(ask), request(ask)]);
    expect(logins()).toHaveLength(1);
    expect(logins()[0]!.url).toContain("nocatalog=true");
    expect(JSON.parse(logins()[0]!.body).auth.scope).toEqual({ project: { id: "p1" } });
    clock.time = NOW + 49 * 60_000;
    expect(await request(ask)).toEqual({ by: 2 });
  });

  test("a token that the cloud refuses is renewed once", async () => {
    const saved: Token[] = [];
    const tokens = {
      load: async () => ({ value: "stale", renewAt: NOW + 1e6 }),
      save: async (token: Token) => void saved.push(token),
    };
    const gate = recordingGate();
    const { request } = await client(iam(), login, { tokens, gate });
    expect(await request(ask)).toEqual({ by: 1 });
    expect(saved.map(({ value }) => value)).toEqual(["token-1"]);
    expect(gate.calls).toEqual(["begin", "undecided", "begin", "undecided", "begin", "accepted"]);
  });

  /** An IAM whose tokens live from `from` to `until`, ms from now, and an API that takes none, or all. */
  function oddIam(given: {
    from?: number;
    until?: number;
    header?: string;
    status?: number;
    takesNone?: boolean;
  }): Handler {
    const at = (ms: number | undefined) => (ms === undefined ? undefined : new Date(NOW + ms).toISOString());
    return (request, response) => {
      if (!request.url!.startsWith("/v3/auth/tokens")) {
        return given.takesNone ? json(response, 401, { error_code: "ModelArts.0202" }) : ok(response);
      }
      const token = { issued_at: at(given.from), expires_at: at(given.until) };
      const name = `${given.header ?? "a-token"}-${server.requests.length}`;
      return json(response, given.status ?? 201, { token }, given.header === "" ? {} : { "x-subject-token": name });
    };
  }
  const YEAR = 365 * 86_400_000;

  test.each<[string, Parameters<typeof oddIam>[0], { kind: string; message: RegExp }]>([
    [
      "that had expired when it was issued",
      { from: 0, until: -YEAR },
      { kind: "credentials", message: /IAM issued a token that had expired when it was issued \(expires_at 20/ },
    ],
    [
      "that had expired by this machine's clock",
      { until: -1 },
      { kind: "credentials", message: /had expired when it was issued .* by this machine's clock/ },
    ],
    [
      "that expires in a moment",
      { from: 0, until: 1_500 },
      { kind: "credentials", message: /IAM issued a token that is good for 1 s only/ },
    ],
    ["that is not there", { header: "" }, { kind: "credentials", message: /without the header X-Subject-Token/ }],
    ["that is an error", { status: 500 }, { kind: "server", message: /HTTP 500/ }],
  ])("a token %s is a failed login, and IAM is left alone longer and longer", async (_, given, expected) => {
    const { request, clock } = await client(oddIam(given), login);
    const started = clock.time;
    const asked: number[] = [];
    for (let at = 0; at < 1_200_000; at += 5_000) {
      clock.time = started + at;
      const before = logins().length;
      const errors = await Promise.all([1, 2, 3].map(() => failure(request(ask))));
      expect(errors[0]).toMatchObject({ kind: expected.kind, retryAt: expect.any(Number) });
      expect(errors[0]!.message).toMatch(expected.message);
      if (logins().length > before) asked.push(at / 1000);
      expect(logins().length - before).toBeLessThanOrEqual(3);
    }
    if (expected.kind === "credentials") expect(asked).toEqual([0, 10, 30, 70, 150, 310, 630]);
    expect(asked.slice(1).every((at, place) => at - asked[place]! >= 10)).toBe(true);
    expect(server.requests).toHaveLength(logins().length);
  });

  test("a token that works again ends the waiting", async () => {
    let isBad = true;
    const { request, clock } = await client(
      (...args) => oddIam({ from: 0, until: isBad ? 0 : 3_600_000 })(...args),
      login,
    );
    await failure(request(ask));
    isBad = false;
    expect((await failure(request(ask))).message).toContain("had expired");
    clock.time += 10_000;
    await request(ask);
    expect(logins()).toHaveLength(2);
  });

  test("a token of more than 32 KB is none", async () => {
    server = await serve(oddIam({}));
    const headers = new Headers({ "x-subject-token": "t".repeat(40_000) });
    const project = { name: "eu-de" };
    const credentials = { username: "u", password: SECRET, domain: "d", project };
    const keeper = createTokenKeeper(
      credentials,
      async () => ({ body: {}, headers }),
      testClock(NOW),
      createRedactor(),
    );
    await expect(keeper.get()).rejects.toMatchObject({ message: "IAM issued a token of more than 32768 characters" });
  });

  test("what refuses each new token gets no other one so soon", async () => {
    const { request, clock } = await client(oddIam({ takesNone: true }), login);
    const started = clock.time;
    for (let at = 0; at < 20; at++) {
      clock.time = started + at * 60_000;
      for (let target = 1; target <= 3; target++)
        await failure(request({ ...ask, path: `/v1/p/services/${target}/events` }));
    }
    // One at first, and one for each target each ten minutes.
    expect(logins()).toHaveLength(1 + 2 * 3);
    const before = logins().length;
    clock.time = started + 30 * 60_000;
    for (let target = 0; target < 50; target++) {
      await failure(request({ ...ask, path: `/v1/p/services/${target}/events` }));
    }
    expect(logins().length - before).toBe(3);
  });

  test("a wrong password is refused once, and not shown", async () => {
    const gate = recordingGate();
    const { request } = await client(iam(), { ...login, password: "wrong-password" }, { gate });
    const error = await failure(request(ask));
    expect(error).toMatchObject({ kind: "credentials" });
    expect(error.message).not.toContain("wrong-password");
    expect(gate.calls).toEqual(["begin", "refused"]);
  });

  test("a project is looked up by its name, once", async () => {
    server = await serve(iam());
    const endpoints = { modelarts: server.url, ces: server.url, iam: server.url };
    const connection = { cloud: "custom" as const, region: "eu-de", project: "eu-de_x", auth: login, endpoints };
    const { request, projectId } = createCloudClient({
      connection,
      clock: testClock(NOW),
      random: Math.random,
      redactor: createRedactor(),
    });
    expect(await projectId()).toBe("p9");
    await request(ask);
    expect(server.requests.filter(({ url }) => url.startsWith("/v3/projects"))).toHaveLength(1);
    expect(server.requests.at(-1)!.url).toBe("/v1/p9/services");
  });

  test("a project's id that is kept is not looked up, one that was looked up is kept", async () => {
    server = await serve(iam());
    const endpoints = { modelarts: server.url, ces: server.url, iam: server.url };
    const connection = { cloud: "custom" as const, region: "eu-de", project: "eu-de_x", auth: keys, endpoints };
    let kept: string | undefined;
    const projects = {
      load: async () => kept,
      async save(id: string) {
        kept = id;
      },
    };
    for (let process = 1; process <= 2; process++) {
      const redactor = createRedactor();
      const options = { connection, clock: testClock(NOW), random: Math.random, redactor, projects };
      expect(await createCloudClient(options).projectId()).toBe("p9");
    }
    expect(server.requests.map(({ url }) => url)).toEqual(["/v3/projects?name=eu-de_x"]);
  });

  test("a key with a stray line break is sent without it", async () => {
    const { request } = await client((_, r) => ok(r), { token: "abc\n" });
    await request(ask);
    expect(server.requests[0]!.headers["x-auth-token"]).toBe("abc");
  });
});

test("concurrency is bounded, the rate is paced, and an abort frees whoever waits", async () => {
  let running = 0;
  let most = 0;
  const held: (() => void)[] = [];
  const { request } = await client(
    (_, r) => {
      most = Math.max(most, ++running);
      held.push(() => {
        running--;
        ok(r);
      });
      if (held.length === 2) for (const release of held.splice(0)) release();
    },
    keys,
    { limits: { concurrency: 2 } },
  );
  const abort = new AbortController();
  const work = [1, 2, 3, 4].map(() => request(ask));
  const aborted = request({ ...ask, signal: abort.signal });
  abort.abort(new Error("stop"));
  await expect(aborted).rejects.toThrow("stop");
  await Promise.all(work);
  expect(most).toBe(2);
  await server.close();

  const paced = await client((_, r) => ok(r), keys, { limits: { rate: 10 } });
  for (let i = 0; i < 25; i++) await paced.request(ask);
  expect(paced.clock.time - NOW).toBe(400);
});
