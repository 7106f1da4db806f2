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
route: { groupInterval: 1s }
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
