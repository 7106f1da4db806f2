// Health checks with the real command: endpoints without any cloud, and the states of a cloud's lists.
import { expect, onTestFinished, test } from "vitest";
import { folderWith, lookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { startReceiver } from "../support/receiver.ts";

const ONCE = ["run", "--once"];
const KEY = "hunter2-hunter2";

/** An endpoint and a webhook behind one server, and a configuration that has nothing else. */
async function endpointOnly() {
  const hooks: { status: string; alerts: { rule: string; events: { data: unknown }[] }[] }[] = [];
  const headers: (string | undefined)[] = [];
  const state = { status: 200 };
  const { url, close } = await startReceiver(({ path, body, headers: sent }) => {
    if (path === "/hook") {
      hooks.push(JSON.parse(body));
      return { status: 200 };
    }
    headers.push(sent["x-key"]);
    return { status: state.status, body: "ok" };
  });
  onTestFinished(close);
  const config = `
sources:
  - id: endpoints
    kind: http
    targets: [{ id: ocr, url: "${url.replace("http://", "http://watcher:s3cr3t-s3cr3t@")}/health?token=t0ken-t0ken", body: ok, header: { X-Key: "\${env:KEY}" } }]
rules: [{ include: health/endpoints }]
route: { groupInterval: 0s }
channels: { ops: { type: webhook, url: "${url}/hook" } }
`;
  const run = { cwd: await folderWith({ "lookout.yml": config }), env: { KEY } };
  return { hooks, headers, state, run };
}

test("an endpoint that goes down is notified after its second failure, and resolved at once", async () => {
  const { hooks, headers, state, run } = await endpointOnly();
  const codes = [(await lookout(ONCE, run)).code];
  for (const status of [503, 503, 503, 200, 200]) {
    state.status = status;
    codes.push((await lookoutHere(ONCE, run)).code);
  }
  expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
  expect(hooks.map(({ status, alerts }) => [status, alerts.map(({ rule }) => rule)])).toEqual([
    ["firing", ["endpoint-down"]],
    ["resolved", ["endpoint-down"]],
  ]);
  expect(headers).toEqual(Array.from({ length: 6 }, () => KEY));
  const status = await lookoutHere(["status", "--json"], run);
  expect(JSON.parse(status.stdout)).toMatchObject({
    healthy: true,
    targets: [{ source: "endpoints", target: "endpoints", error: null }],
    connections: [],
  });
  const events = await lookoutHere(["events", "--json"], run);
  const explained = await lookoutHere(["explain", "--resource", "ocr", "--since", "1h"], run);
  const all = JSON.stringify([events, explained, status, hooks]);
  expect(all).toContain("/health");
  expect(all).not.toMatch(/hunter2|s3cr3t|t0ken/);
});

test("check --live says how each endpoint answers, and a missing variable stops no other endpoint", async () => {
  const { state, run } = await endpointOnly();
  state.status = 500;
  const live = await lookoutHere(["check", "--live"], run);
  expect(live.stdout).toMatch(/ocr\s+ocr\s+down: HTTP 500/);
  expect(live.code).toBe(0);
  const { code, stderr } = await lookoutHere(ONCE, { ...run, env: { KEY: "" } });
  expect([code, stderr]).toEqual([1, expect.stringContaining("KEY")]);
});

test("check finds a header in clear text and a variable that is not set, and takes the path of an address for no secret", async () => {
  const endpoint = (more: string) =>
    `{ url: "https://infer.example.com/v1/infers/35de3ca9-1b31-4d3f-8f5a-0a1b2c3d4e5f", ${more} }`;
  const config = `
sources:
  - kind: http
    targets:
      - ${endpoint('id: a, header: { X-Key: "0123456789abcdef" }')}
      - ${endpoint('id: b, header: { X-Key: "${env:NO_SUCH_KEY}" }')}
rules: [{ include: health/endpoints }]
channels: { ops: { type: console } }
`;
  const cwd = await folderWith({ "lookout.yml": config });
  const { code, stdout, stderr } = await lookoutHere(["check"], { cwd });
  expect(code).toBe(1);
  const found = `${stdout}${stderr}`.match(/^lookout\.yml:[56]:.*$/gm);
  expect(found).toEqual([
    expect.stringMatching(/^lookout\.yml:5:\d+: "X-Key" is a secret in clear text/),
    expect.stringMatching(/^lookout\.yml:6:\d+: .*NO_SUCH_KEY/),
  ]);
});

test("rule tests take events of checks, with the states that last too long", async () => {
  const tests = `
rules: [{ include: health/endpoints }, { include: health/services }]
tests:
  - name: down, and up again
    events:
      - { at: 1m, source: http, type: down, message: "HTTP 503", resource: { id: ocr } }
      - { at: 9m, source: http, type: up, message: "HTTP 200 in 9 ms", resource: { id: ocr } }
    until: 1h
    expect:
      - { at: 1m, rule: endpoint-down, status: firing }
      - { at: 9m, rule: endpoint-down, status: resolved }
  - name: in trouble for ten minutes
    events:
      - { at: 1m, source: service-status, type: concerning, message: "running → concerning", resource: { id: svc } }
      - { at: 30m, source: service-status, type: running, message: "concerning → running", resource: { id: svc } }
    until: 1h
    expect:
      - { at: 11m, rule: service-concerning, status: firing }
      - { at: 30m, rule: service-concerning, status: resolved }
`;
  const cwd = await folderWith({ "a.test.yml": tests });
  const { stdout, code } = await lookoutHere(["test", "a.test.yml"], { cwd });
  expect([stdout, code]).toEqual([expect.stringContaining("2 tests, 0 failed"), 0]);
});
