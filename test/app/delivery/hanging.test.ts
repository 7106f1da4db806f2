// Destinations that take more than one request: one without an answer takes none of the others' time.
import { describe, expect, it, onTestFinished } from "vitest";
import { listDeliveries } from "../../../lib/app/delivery/deliver.ts";
import { type Exchange, network } from "../../../lib/channels/http/exchange.ts";
import { type Bench, bench } from "../support.ts";

/** What one try of a delivery may take altogether; ms. */
const WHOLE_MS = 15_000;

const yaml = (channel: string) => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [ops], groupBy: [rule], groupInterval: 1m }
health: { channels: [quiet] }
channels:
  quiet: { type: console }
  ops: ${channel}`;

/** The network as it is, but what goes to `path` has no answer. Returns how long each of these was waited for; ms. */
function hang(path: string): number[] {
  const waited: number[] = [];
  const before = network.exchange;
  network.exchange = (async (url, request, options) => {
    if (!url.pathname.startsWith(path)) return before(url, request, options);
    waited.push(options.timeoutMs);
    throw Object.assign(new Error("no answer"), { code: "ETIMEDOUT" });
  }) satisfies Exchange;
  onTestFinished(() => {
    network.exchange = before;
  });
  return waited;
}

async function fired(b: Bench): Promise<void> {
  b.to(1);
  b.fail(0.5);
  await b.beats(2);
}

describe("a request without an answer", () => {
  it("to one peer of an Alertmanager leaves the alert delivered to the others, well within the try", async () => {
    const b = await bench({ yaml: yaml('{ type: alertmanager, url: ["HOOK/one", "HOOK/two"] }') });
    const waited = hang("/two");
    await fired(b);
    expect(await listDeliveries(b.app)).toMatchObject([{ status: "delivered", attempts: 1 }]);
    expect(waited).toHaveLength(1);
    expect(waited[0]! * 2).toBeLessThan(WHOLE_MS);
  });

  it("that edits Slack's first message leaves the time to post what is new", async () => {
    const yml = yaml('{ type: slack, url: "HOOK/api", token: "${env:SLACK_TOKEN}", channel: C0OPS }');
    const b = await bench({ yaml: yml, env: { SLACK_TOKEN: "xoxb-secret-0123456789" } });
    b.answer(() => ({ status: 200, body: JSON.stringify({ ok: true, channel: "C0OPS", ts: "1.0" }) }));
    const waited = hang("/api/chat.update");
    await fired(b);
    b.recover(3);
    await b.beats(4);
    expect(b.messages.map(({ body }) => body.thread_ts)).toEqual([undefined, "1.0"]);
    expect(waited).toHaveLength(1);
    expect(waited[0]! * 2).toBeLessThan(WHOLE_MS);
  });
});
