// Incidents that a channel must get again until they are resolved: how often, over restarts, and not beyond.
import { describe, expect, it } from "vitest";
import type { App } from "../../../lib/app/deps.ts";
import { type Bench, bench, line, MINUTE } from "../support.ts";

const yaml = `
rules: [{ id: broken, when: { level: [error] }, severity: error, resolve: { when: { source: [service-events], level: [normal] } } }]
route: { channels: [ops, pager] }
health: { channels: [quiet] }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
  pager: { type: webhook, url: "HOOK/pager" }
  quiet: { type: console }`;

/** Both are incident channels; ops must get what fires each two minutes. */
function resending(app: App): App {
  const channels = [...app.channels].map(([name, channel]): [string, typeof channel] => {
    const type = { ...channel.type, incident: name !== "quiet", ...(name === "ops" && { resend: 2 * MINUTE }) };
    return [name, { ...channel, type }];
  });
  return { ...app, channels: new Map(channels) };
}

async function firing(): Promise<Bench> {
  const b = await bench({ yaml });
  b.app = resending(b.app);
  b.fail(0.5);
  await b.beats(1);
  return b;
}

describe("an incident that fires", () => {
  it("is sent again at its channel's interval until it is resolved, and its end once", async () => {
    const b = await firing();
    await b.beats(6);
    b.recover(6.5);
    await b.beats(12);
    expect(b.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "1 /pager new firing: svc-1 firing ×1(+1)",
      "3 /ops repeat firing: svc-1 firing ×1(+0)",
      "5 /ops repeat firing: svc-1 firing ×1(+0)",
      "7 /ops resolved resolved: svc-1 resolved ×1(+0)",
      "7 /pager resolved resolved: svc-1 resolved ×1(+0)",
    ]);
  });

  it("is sent again once after a time without any process, not once for each that was missed", async () => {
    const b = await firing();
    b.to(30);
    await b.reload(yaml);
    b.app = resending(b.app);
    await b.beat();
    await b.beats(32);
    const at = b.messages.filter(({ to }) => to === "/ops").map((message) => Math.round(message.at));
    expect(at).toEqual([1, 30, 32]);
  });

  it("is not put again while what its channel got last is still on its way", async () => {
    const b = await firing();
    b.answer(() => ({ status: 503 }));
    await b.beats(40);
    expect((await b.store.list("delivery")).length).toBeLessThanOrEqual(3);
    b.answer(() => ({ status: 200 }));
    const before = b.messages.length;
    await b.beats(46);
    expect(b.messages.length - before).toBeLessThanOrEqual(5);
  });
});
