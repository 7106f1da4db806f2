// The log has one line for each alert that opens or resolves, whatever made it so.
import { expect, it } from "vitest";
import { type Bench, bench, SERVICE } from "../support.ts";

const CHANNELS = `channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
const MATCH = `rules: [{ id: broken, when: { level: [error] }, resolve: { when: { level: [normal] } }, reopen: 30m }]\n`;

/** From now on: `opened broken svc-1`. */
function listen(b: Bench, lines: string[] = []): string[] {
  b.app.log.info = (message, fields) => {
    if (!message.startsWith("alert")) return;
    lines.push([message.replace(/^alert /, ""), fields?.["rule"], fields?.["resource"] ?? fields?.["count"]].join(" "));
  };
  return lines;
}

it("says each once that a poll opens, resolves or opens again", async () => {
  const b = await bench({ yaml: MATCH + CHANNELS });
  const lines = listen(b);
  b.fail(0.5);
  b.fail(0.6);
  await b.rounds(2);
  b.recover(2.5);
  b.fail(4.5);
  await b.rounds(6);
  expect(lines).toEqual(["opened broken svc-1", "resolved broken svc-1", "opened broken svc-1"]);
});

it("has the alert's id, severity, rule, resource and summary", async () => {
  const b = await bench({ yaml: MATCH + CHANNELS });
  const all: unknown[] = [];
  b.app.log.info = (message, fields) => void all.push([message, fields]);
  b.fail(0.5);
  await b.rounds(1);
  const { id } = b.messages[0]!.body.alerts[0];
  const summary = "svc-1: Failed to pull image";
  expect(all.slice(0, 1)).toEqual([
    ["alert opened", { id: id.slice(0, 8), severity: "error", rule: "broken", resource: SERVICE, summary }],
  ]);
});

it("says those that a deadline resolves, and those of Lookout's own", async () => {
  const yaml = `rules: [{ id: broken, when: { level: [error] }, resolve: { after: 5m } }]\n${CHANNELS}`;
  const b = await bench({ yaml });
  const lines = listen(b);
  b.fail(0.5);
  await b.rounds(7);
  b.sim.setFaults([{ kind: "status", status: 500 }]);
  await b.rounds(30);
  expect(lines).toEqual(["opened broken svc-1", "resolved broken svc-1", "opened lookout-unhealthy prod"]);
});

it("says those that end with their target", async () => {
  const yaml = `sources: [{ kind: service-events }]
rules: [{ id: silent, when: { source: [service-events] }, absence: { for: 5m, over: targets } }]
${CHANNELS}`;
  const b = await bench({ yaml });
  const lines = listen(b);
  await b.rounds(10);
  expect(lines).toEqual(["opened silent svc-1"]);
  b.sim.world.services.delete(SERVICE);
  await b.rounds(30);
  expect(lines).toEqual(["opened silent svc-1", "resolved silent svc-1"]);
});

it("says more than the doorbell names", async () => {
  const yaml = `rules: [{ id: each, when: { level: [error] }, by: [id] }]\n${CHANNELS}`;
  const b = await bench({ yaml });
  const lines = listen(b);
  for (let at = 0; at < 2_100; at++) b.fail(at / 10_000, `Failed ${at}`);
  b.to(1);
  await b.round();
  expect(lines).toHaveLength(2_100);
});

it("says of a rule that was removed how many alerts have closed", async () => {
  const yaml = `rules: [{ id: each, when: { level: [error] }, by: [id] }]\n${CHANNELS}`;
  const b = await bench({ yaml });
  for (const at of [0.1, 0.2, 0.3]) b.fail(at);
  await b.rounds(1);
  await b.reload(MATCH + CHANNELS);
  const lines = listen(b);
  await b.rounds(2);
  expect(lines).toContain("alerts closed: their rule was removed or changed each 3".replace(/^alert /, ""));
});
