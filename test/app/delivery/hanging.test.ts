// Destinations that take more than one request: one without an answer takes none of the others' time, and a late answer
// is waited for where nothing else is to follow.
import { describe, expect, it, onTestFinished, vi } from "vitest";
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

/**
 * The network as it is, but what goes to these paths is answered after so long, and time passes while it is waited for:
 * whoever waits less has no answer, though the request was taken. Returns how long each may be waited for; ms.
 */
function late(after: Record<string, number>): { path: string; ms: number }[] {
  const waited: { path: string; ms: number }[] = [];
  let passed = 0;
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + passed);
  const before = network.exchange;
  network.exchange = (async (url, request, options) => {
    const answer = await before(url, request, options);
    const path = Object.keys(after).find((one) => url.pathname.startsWith(one));
    if (path === undefined) return answer;
    waited.push({ path, ms: options.timeoutMs });
    passed += Math.min(after[path]!, options.timeoutMs);
    if (after[path]! > options.timeoutMs) throw Object.assign(new Error("no answer"), { code: "ETIMEDOUT" });
    return answer;
  }) satisfies Exchange;
  onTestFinished(() => {
    network.exchange = before;
    clock.mockRestore();
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
    const waited = late({ "/two": WHOLE_MS });
    await fired(b);
    expect(await listDeliveries(b.app)).toMatchObject([{ status: "delivered", attempts: 1 }]);
    expect(waited).toHaveLength(1);
    expect(waited[0]!.ms * 2).toBeLessThan(WHOLE_MS);
  });

  it("that edits Slack's first message leaves the time to post what is new", async () => {
    const yml = yaml('{ type: slack, url: "HOOK/api", token: "${env:SLACK_TOKEN}", channel: C0OPS }');
    const b = await bench({ yaml: yml, env: { SLACK_TOKEN: "xoxb-secret-0123456789" } });
    b.answer(() => ({ status: 200, body: JSON.stringify({ ok: true, channel: "C0OPS", ts: "1.0" }) }));
    await fired(b);
    const waited = late({ "/api/chat.update": WHOLE_MS, "/api/chat.postMessage": 1_000 });
    b.recover(3);
    await b.beats(4);
    expect(b.messages.map(({ to, body }) => [to, body.thread_ts])).toEqual([
      ["/api/chat.postMessage", undefined],
      ["/api/chat.update", undefined],
      ["/api/chat.postMessage", "1.0"],
    ]);
    expect(waited.map(({ path }) => path)).toEqual(["/api/chat.update", "/api/chat.postMessage"]);
    const [edit, post] = waited.map(({ ms }) => ms);
    expect(edit! * 2).toBeLessThan(WHOLE_MS);
    expect(edit! + post!).toBeLessThanOrEqual(WHOLE_MS);
    expect(post!).toBeGreaterThan(edit!);
  });
});

describe("a message that is answered late", () => {
  const TELEGRAM = '{ type: telegram, url: "HOOK/api", token: "${env:TOKEN}", chat: "@ops_alerts" }';
  it.each([
    ["Telegram", TELEGRAM, { ok: true }],
    ["Slack's bot", '{ type: slack, url: "HOOK/api", token: "${env:TOKEN}", channel: C0OPS }', { ok: true, ts: "1.0" }],
    ["Slack's webhook", '{ type: slack, url: "HOOK/api" }', "ok"],
  ])("by %s is sent once: nothing else is to follow in the try", async (_name, channel, said) => {
    const b = await bench({ yaml: yaml(channel), env: { TOKEN: "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw" } });
    b.answer(() => ({ status: 200, body: typeof said === "string" ? said : JSON.stringify(said) }));
    late({ "/api": WHOLE_MS - 1_000 });
    await fired(b);
    await b.beats(4);
    expect(await listDeliveries(b.app)).toMatchObject([{ status: "delivered", attempts: 1 }]);
    expect(b.messages).toHaveLength(1);
  });
});
