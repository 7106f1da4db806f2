// What the health check measures: whether a source is read at all, in a form in which no invocation fails for it.
import { expect, test } from "vitest";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { readGauges } from "../../../lib/aws/metrics/gauges.ts";
import { type Bench, bench } from "../../app/support.ts";

const REST = `
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

async function unread(b: Bench): Promise<number | undefined> {
  for (const source of b.app.config.sources) await pollSource(b.app, source, new AbortController().signal);
  return (await readGauges(b.app)).find(({ metric }) => metric === "SourcesUnread")?.value;
}

const yaml = `sources: [{ kind: service-events, targets: [svc-1, svc-2] }]\n${REST}`;

test("a cloud that refuses every request leaves its source unread, until it answers", async () => {
  const b = await bench({ yaml, services: ["svc-1", "svc-2"] });
  expect(await unread(b)).toBe(0);
  b.sim.setFaults([{ kind: "status", status: 400 }]);
  b.to(1);
  expect(await unread(b)).toBe(1);
  b.sim.setFaults([]);
  b.to(2);
  expect(await unread(b)).toBe(0);
});

test("a source whose targets cannot be found out is unread", async () => {
  const b = await bench({ yaml: `sources: [{ kind: service-events }]\n${REST}` });
  b.sim.setFaults([{ kind: "status", status: 400 }]);
  expect(await unread(b)).toBe(1);
});

test("a single target that fails among others leaves no source unread", async () => {
  const b = await bench({ yaml, services: ["svc-1", "svc-2"] });
  b.sim.setFaults([{ kind: "status", status: 400, on: "service-events", url: /svc-2/ }]);
  expect(await unread(b)).toBe(0);
});
