// Channels whose service takes no more than so many messages: what waits folds into fewer, and nothing is lost.
import { describe, expect, it } from "vitest";
import { listDeliveries } from "../../../lib/app/delivery/deliver.ts";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import type { NotifiedAlert } from "../../../lib/model/notification.ts";
import { type Bench, bench, type Message, MINUTE } from "../support.ts";

const SECOND = 1 / 60;
const ALERTS = 300;

const yaml = (channels: string, rules = "severity: error") => `
rules: [{ id: broken, when: { level: [error] }, by: [id], ${rules} }]
route: { channels: [ops], groupBy: ["..."], groupWait: 0s }
health: { channels: [quiet] }
channels:
  quiet: { type: console }
  ${channels}`;

/** Takes one message a second, with the service's own yes. Returns those that it took. */
function oneASecond(b: Bench): Message[] {
  const took: Message[] = [];
  b.answer((message) => {
    const before = took.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
    if ((message.at - before) * MINUTE < 1_000) return { status: 429, headers: { "retry-after": "1" } };
    took.push(message);
    return { status: 200, body: "ok" };
  });
  return took;
}

/** `count` alerts within ten seconds from the first minute on, with a beat each second until all is quiet. */
async function storm(b: Bench, count: number): Promise<void> {
  let made = 0;
  for (let second = 0; second < 20; second++) {
    b.to(1 + second * SECOND);
    for (; made < Math.min(count, ((second + 1) * count) / 10); made++) b.fail(1 + second * SECOND, `Failed ${made}`);
    await b.beat();
  }
}

const seconds = ({ at }: Message) => (at - 1) * 60;

describe("300 alerts in ten seconds to a service that takes one message a second", () => {
  it.each(["slack", "webhook"])("arrive within 15 s in at most 12 messages, and nothing is lost: %s", async (type) => {
    const b = await bench({ yaml: yaml(`ops: { type: ${type}, url: "HOOK/ops" }`) });
    const took = oneASecond(b);
    await storm(b, ALERTS);
    expect((await openAlerts(b.app)).length).toBe(ALERTS);
    console.log(b.messages.map((m) => [seconds(m), m.id.slice(0, 4), took.includes(m), m.body.alerts?.length]));
    expect(took.length).toBeLessThanOrEqual(12);
    expect(seconds(took.at(-1)!)).toBeLessThan(15);
    const { channels, deliveries } = await readStatus(b.app);
    expect(channels["ops"]).toMatchObject({ alerts: ALERTS, notified: ALERTS, pending: 0, dead: 0 });
    expect(deliveries).toEqual({ pending: 0, dead: 0 });
    if (type !== "webhook") return;
    const named = took.flatMap(({ body }) => body.alerts.map(({ id }: NotifiedAlert) => id));
    expect([named.length, new Set(named).size]).toEqual([ALERTS, ALERTS]);
  });
});

describe("what waits for a service", () => {
  it("says which delivery took it in, and how that one fared", async () => {
    const b = await bench({ yaml: yaml(`ops: { type: slack, url: "HOOK/ops" }`) });
    oneASecond(b);
    await storm(b, 3);
    const rows = await listDeliveries(b.app);
    console.log(rows.map(({ id, status, into, createdAt, alerts }) => ({ id, status, into, createdAt, alerts })));
  });
});
