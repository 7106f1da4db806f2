// Who gets in: tokens with their life and scope, signatures checked against published answers, and
// the lock on a failing key.
import { createHash, createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { DEMO_CREDENTIALS } from "../../lib/simulator/auth.ts";
import { signatureOf } from "../../lib/simulator/signature.ts";
import { type Harness, simulator, T0 } from "./harness.ts";

const PYTHON = { host: "service.endpoint.myhuaweicloud.com", "x-sdk-date": "20200608T023900Z" };
const GO = { host: "example.huaweicloud.com", "x-sdk-date": "20060102T150405Z" };

test.each([
  {
    of: "python SDK, GET",
    method: "GET",
    url: "/resources?size=1",
    headers: PYTHON,
    signed: ["host", "x-sdk-date"],
    body: "",
    signature: "cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842",
  },
  {
    of: "python SDK, POST",
    method: "POST",
    url: "/resources?size=1",
    headers: PYTHON,
    signed: ["host", "x-sdk-date"],
    body: '{"name":"test","id":1}',
    signature: "436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f",
  },
  {
    of: "go SDK, GET",
    method: "GET",
    url: "/path?limit=1",
    headers: GO,
    signed: ["x-sdk-date"],
    body: "",
    signature: "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
  },
  {
    of: "go SDK, POST",
    method: "POST",
    url: "/path?key=value",
    headers: GO,
    signed: ["x-sdk-date"],
    body: '{"Name":"test","Id":1}\n',
    signature: "cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59",
  },
])("the signature in the tests of the $of is the one expected here", ({ signed, signature, ...request }) => {
  expect(signatureOf(request, signed, "SecretKey")).toBe(signature);
});

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Signs the way the cloud's own tools do, written out a second time for the test. */
function sign(of: {
  sim: Harness["sim"];
  path: string;
  query?: Record<string, string>;
  date?: string;
  accessKey?: string;
  secretKey?: string;
  headers?: Record<string, string>;
  unsigned?: Record<string, string>;
  sent?: string;
}) {
  const {
    sim,
    query = {},
    date = "20261120T100000Z",
    accessKey = DEMO_CREDENTIALS.accessKey,
    secretKey = DEMO_CREDENTIALS.secretKey,
  } = of;
  const path = of.path.replace("{p}", sim.credentials.projectId);
  const pairs = Object.entries(query)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join("&");
  const headers: Record<string, string> = { host: new URL(sim.url).host, "x-sdk-date": date, ...of.headers };
  const names = Object.keys(headers).sort();
  const lines = [
    "GET",
    `${path}/`,
    pairs,
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    createHash("sha256").update("").digest("hex"),
  ];
  const toSign = `SDK-HMAC-SHA256\n${date}\n${createHash("sha256").update(lines.join("\n")).digest("hex")}`;
  const signature = createHmac("sha256", secretKey).update(toSign).digest("hex");
  const { host: _, ...sent } = headers;
  return fetch(`${sim.url}${path}${of.sent ?? (pairs && `?${pairs}`)}`, {
    headers: {
      ...sent,
      ...of.unsigned,
      authorization: `SDK-HMAC-SHA256 Access=${accessKey}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
    },
  });
}

const LIST = "/v1/{p}/services";

test.each([
  ["a plain request", {}, 200],
  ["a query that needs encoding and sorting", { query: { service_name: "a b/ü*", limit: "5", order: "asc" } }, 200],
  ["a signed project", { headers: { "x-project-id": DEMO_CREDENTIALS.projectId } }, 200],
  ["another signed project", { headers: { "x-project-id": "f".repeat(32) } }, 403],
  ["the wrong secret", { secretKey: "other" }, 401],
  ["an unknown key", { accessKey: "OTHER" }, 401],
  ["a date 16 minutes old", { date: "20261120T094400Z" }, 401],
  ["a date 14 minutes ahead", { date: "20261120T101400Z" }, 200],
])("%s is signed and answered with its status", async (_, how, status) => {
  const { sim } = await simulator();
  expect((await sign({ sim, path: LIST, ...how })).status).toBe(status);
});

test("a header that says for whom the request is made must be signed", async () => {
  const { sim } = await simulator();
  const unsigned = { "x-project-id": DEMO_CREDENTIALS.projectId };
  expect((await sign({ sim, path: LIST, unsigned })).status).toBe(401);
});

test("a request changed on its way is refused", async () => {
  const { sim } = await simulator();
  const response = await sign({ sim, path: LIST, query: { limit: "5" }, sent: "?limit=6" });
  expect(await response.json()).toMatchObject({ error_msg: expect.stringContaining("verify aksk signature fail") });
});

test("temporary keys need their security token, signed", async () => {
  const { sim } = await simulator({ credentials: { securityToken: "temporary" } });
  expect((await sign({ sim, path: LIST })).status).toBe(401);
  expect((await sign({ sim, path: LIST, headers: { "x-security-token": "temporary" } })).status).toBe(200);
});

test("a key that is rotated is refused from then on, and its successor accepted", async () => {
  const { sim } = await simulator();
  expect((await sign({ sim, path: LIST })).status).toBe(200);
  sim.rotate({ secretKey: "the-next" });
  expect((await sign({ sim, path: LIST })).status).toBe(401);
  expect((await sign({ sim, path: LIST, secretKey: "the-next" })).status).toBe(200);
  expect(sim.refusals).toBe(1);
});

test("five failures in a row lock the key for five minutes, also for the right secret", async () => {
  const { sim, pass } = await simulator();
  for (let i = 0; i < 4; i++) expect((await sign({ sim, path: LIST, secretKey: "wrong" })).status).toBe(401);
  expect((await sign({ sim, path: LIST })).status).toBe(200);
  for (let i = 0; i < 5; i++) await sign({ sim, path: LIST, secretKey: "wrong" });
  const locked = await sign({ sim, path: LIST });
  expect(locked.status).toBe(401);
  expect(await locked.json()).toMatchObject({
    error_code: "APIGW.0301",
    error_msg: expect.stringContaining("AK access failed to reach the limit,forbidden"),
  });
  pass(5 * 60_000);
  expect((await sign({ sim, path: LIST })).status).toBe(200);
});

function passwordBody(scope?: unknown, password = DEMO_CREDENTIALS.password) {
  const { username: name, domain } = DEMO_CREDENTIALS;
  return {
    auth: {
      identity: { methods: ["password"], password: { user: { name, password, domain: { name: domain } } } },
      ...(scope ? { scope } : {}),
    },
  };
}

test.each([
  ["by name", { project: { name: DEMO_CREDENTIALS.projectName } }],
  ["by id", { project: { id: DEMO_CREDENTIALS.projectId } }],
])("a password gives a token for the project %s, good for 24 hours", async (_, scope) => {
  const { get, post, pass } = await simulator();
  const reply = await post("/v3/auth/tokens?nocatalog=true", passwordBody(scope));
  expect(reply.status).toBe(201);
  expect(Date.parse(reply.body.token.expires_at)).toBe(T0 + 24 * 3_600_000);
  expect(reply.body.token.project.id).toBe(DEMO_CREDENTIALS.projectId);
  const headers = { "X-Auth-Token": reply.headers.get("X-Subject-Token")! };
  expect((await get(LIST, headers)).status).toBe(200);
  pass(24 * 3_600_000);
  expect(await get(LIST, headers)).toMatchObject({ status: 401, body: { error_code: "ModelArts.0202" } });
  expect(await get("/v3/projects", headers)).toMatchObject({
    status: 401,
    body: { error: { message: "The token must be updated." } },
  });
  expect(await get("/V1.0/{p}/events", headers)).toMatchObject({ status: 401, body: { http_code: "401" } });
});

test.each([
  ["a wrong password", passwordBody({ project: { id: DEMO_CREDENTIALS.projectId } }, "guess"), 401],
  ["a project that is not there", passwordBody({ project: { name: "eu-de_other" } }), 401],
  ["another method", { auth: { identity: { methods: ["totp"] } } }, 400],
  ["no body", {}, 400],
])("no token is given for %s", async (_, body, status) => {
  const { post } = await simulator();
  const reply = await post("/v3/auth/tokens", body);
  expect(reply).toMatchObject({ status, body: { error: { code: status } } });
  expect(reply.headers.get("X-Subject-Token")).toBeNull();
});

test.each([
  ["nothing", { "X-Auth-Token": "" }, "x-auth-token not found"],
  ["an invented token", { "X-Auth-Token": "MIIinvented" }, "decrypt token fail"],
  [
    "something else than a signature",
    { "X-Auth-Token": "", Authorization: "Bearer x" },
    "authorization header format error",
  ],
])("with %s the gateway answers 401", async (_, headers, text) => {
  const { get } = await simulator();
  expect(await get(LIST, headers)).toMatchObject({
    status: 401,
    body: { error_code: "APIGW.0301", error_msg: expect.stringContaining(text), request_id: expect.any(String) },
  });
});

test("a token without a project is refused by ModelArts and finds projects by their name", async () => {
  const { get, post } = await simulator();
  const reply = await post("/v3/auth/tokens", passwordBody());
  const headers = { "X-Auth-Token": reply.headers.get("X-Subject-Token")! };
  expect(await get(LIST, headers)).toMatchObject({ status: 401, body: { error_code: "ModelArts.0212" } });
  const found = await get(`/v3/projects?name=${DEMO_CREDENTIALS.projectName}`, headers);
  expect(found.body.projects).toMatchObject([{ id: DEMO_CREDENTIALS.projectId, enabled: true }]);
  expect((await get("/v3/projects?name=eu-de_other", headers)).body.projects).toEqual([]);
});
