// A destination that answers nobody is tried one delivery at a time; one that is gone is tried no more.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { listDeliveries, redeliver } from "../../../lib/app/delivery/deliver.ts";
import { sendTest } from "../../../lib/app/delivery/send-test.ts";
import { type ChannelRow, channelKey } from "../../../lib/app/persistence/delivery-rows.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { type Bench, bench, line } from "../support.ts";

const yaml = (ops: string, path = "ops") => `
rules: [{ id: broken, when: { level: [error] }, by: [id], severity: error }]
route: { channels: [ops], groupBy: ["..."], groupWait: 0s }
health: { channels: [chat] }
channels:
  ops: { type: webhook, url: "HOOK/${path}"${ops} }
  chat: { type: webhook, url: "HOOK/chat" }
  spare: { type: webhook, url: "HOOK/spare" }`;

const to = (b: Bench, path: string) => b.messages.filter((message) => message.to === path);
const channel = async (b: Bench) => (await b.store.get<ChannelRow>(channelKey("ops")))?.data;
const { signal } = new AbortController();

/** Everything to /ops has this answer. */
function answers(b: Bench, status: number, body = ""): void {
  b.answer(({ to: path }) => ({ status: path === "/ops" ? status : 200, body }));
}

/** The destination has not answered five tries in a row, and forty deliveries wait. */
async function tripped(ops = ""): Promise<Bench> {
  const b = await bench({ yaml: yaml(ops) });
  answers(b, 503);
  b.fail(1, "Failed");
  b.to(1);
  for (let beat = 0; ((await channel(b))?.failures ?? 0) < 5; beat++) {
    b.to(1 + beat / 60);
    await b.beat();
  }
  for (let at = 0; at < 40; at++) b.fail(b.messages.at(-1)!.at, `Failed ${at}`);
  await b.beat();
  return b;
}

describe("a destination that has not answered five tries in a row", () => {
  it("is tried one delivery at a time, each half minute; the others wait without a try", async () => {
    const b = await tripped(", fallbackAfter: 1h");
    const before = to(b, "/ops").length;
    const from = Math.ceil(b.messages.at(-1)!.at);
    for (let step = 0; step < 40; step++) {
      b.to(from + step / 6);
      await b.beat();
    }
    const tries = to(b, "/ops").length - before;
    expect(tries).toBeGreaterThan(8);
    expect(tries).toBeLessThanOrEqual(20);
    const rows = await listDeliveries(b.app);
    expect(rows).toHaveLength(41);
    expect(rows.filter(({ attempts }) => attempts > 0).length).toBeLessThanOrEqual(tries + 1);
    expect(rows.filter(({ attempts }) => attempts === 0).length).toBeGreaterThan(20);
  });

  it("gets all that waits once one is answered", async () => {
    const b = await tripped(", fallbackAfter: 1h");
    answers(b, 200);
    await b.beats(Math.ceil(b.messages.at(-1)!.at) + 10);
    expect((await readStatus(b.app)).deliveries).toEqual({ pending: 0, dead: 0 });
    expect(await channel(b)).not.toHaveProperty("failures");
    expect(to(b, "/ops").filter(({ id }, at, all) => all.findIndex((one) => one.id === id) === at)).toHaveLength(41);
  });

  it("has what waits go to the fallback after fallbackAfter, and what comes later at once", async () => {
    const b = await tripped(", fallback: spare, fallbackAfter: 3m");
    await b.beats(5);
    expect(to(b, "/spare")).toHaveLength(41);
    b.fail(5.5, "Later");
    await b.beats(6);
    expect(to(b, "/spare").map(line).at(-1)).toBe("6 /spare new firing: svc-1 firing ×1(+1)");
    expect(to(b, "/spare")).toHaveLength(42);
  });

  it("is tried at once where a person asks for it", async () => {
    const b = await tripped(", fallbackAfter: 1h");
    answers(b, 200);
    const [row] = await sendTest(b.app, b.app.channels.get("ops")!, signal);
    expect(row).toMatchObject({ status: "delivered", attempts: 1 });
  });

  it("has what waited for a day in vain die with the rest, though it was never tried", async () => {
    const b = await tripped(", fallbackAfter: 1h");
    b.to(1 + 25 * 60);
    await b.beat();
    await b.beats(1 + 25 * 60 + 3);
    expect((await readStatus(b.app)).deliveries).toEqual({ pending: 0, dead: 41 });
  });
});

describe("a channel whose receiver is gone", () => {
  /** It said so at the first minute, and something else happened since. */
  async function gone(ops = ", fallback: spare"): Promise<Bench> {
    const b = await bench({ yaml: yaml(ops) });
    answers(b, 410, "no such hook");
    b.fail(0.5);
    await b.beats(1);
    b.fail(1.5);
    await b.beats(2);
    return b;
  }

  it("is asked no more: what is notified goes straight to the fallback", async () => {
    const b = await gone();
    expect(to(b, "/ops")).toHaveLength(1);
    expect(to(b, "/spare").map(line)).toEqual([
      "1 /spare new firing: svc-1 firing ×1(+1)",
      "2 /spare new firing: svc-1 firing ×1(+1)",
    ]);
  });

  it.each([
    ["that takes sixteen at a time gets no more than those", 'type: webhook, url: "HOOK/ops"', 410, 16],
    [
      "with a key that the cloud refuses, and soon locks, gets one",
      `type: smn, endpoint: "HOOK/ops", topicUrn: "urn:smn:eu-de:${"0".repeat(32)}:ops", accessKey: AK, secretKey: hush`,
      401,
      1,
    ],
  ])("takes the slow answer to the first as that to all: one %s", async (_name, options, status, most) => {
    const b = await bench({ yaml: yaml("").replace(/ops: \{.*\}/, `ops: { ${options}, fallback: spare }`) });
    b.answer(async ({ to: path }, number) => {
      if (!path.startsWith("/ops")) return { status: 200 };
      await sleep(number === 1 ? 20 : 60);
      return { status, body: "{}" };
    });
    for (let at = 0; at < 60; at++) b.fail(1, `Failed ${at}`);
    b.to(1);
    await b.beat();
    await b.beats(3);
    expect(b.messages.filter(({ to: path }) => path.startsWith("/ops")).length).toBeLessThanOrEqual(most);
    const told = to(b, "/spare").flatMap(({ body }) => body.alerts.map(({ id }: { id: string }) => id));
    expect(new Set(told).size).toBe(60);
  });

  it("is one alert of its own, which says what to do, and so does the status", async () => {
    const b = await gone();
    await b.round();
    const message = expect.stringMatching(
      /Channel ops is disabled since .*HTTP 410.*no such hook.*goes to spare until you change the channel's options/,
    );
    expect((await readStatus(b.app)).problems).toEqual([{ problem: "channel disabled", name: "ops", message }]);
    expect(to(b, "/chat").map(({ body }) => body.alerts[0].summary)).toEqual([message]);
  });

  it("keeps what is notified as dead deliveries where it has no fallback", async () => {
    const b = await gone("");
    expect(await listDeliveries(b.app)).toMatchObject([
      { channel: "ops", status: "dead", attempts: 1 },
      { channel: "ops", status: "dead", attempts: 0, error: expect.stringContaining("the receiver is gone") },
    ]);
  });

  it("is asked again once its options are others", async () => {
    const b = await gone();
    b.answer(() => ({ status: 200 }));
    await b.reload(yaml(", fallback: spare", "moved"));
    expect((await readStatus(b.app)).problems.map(({ problem }) => problem)).not.toContain("channel disabled");
    b.fail(2.5);
    await b.beats(3);
    expect(to(b, "/moved")).toHaveLength(1);
  });

  it("is asked again once a test was delivered, and gets what a person sends again", async () => {
    const b = await gone();
    b.answer(() => ({ status: 200 }));
    await sendTest(b.app, b.app.channels.get("ops")!, signal);
    expect(await channel(b)).not.toHaveProperty("gone");
    const dead = (await listDeliveries(b.app)).filter(({ status }) => status === "dead");
    await redeliver(
      b.app,
      dead.map(({ id }) => id),
    );
    await b.beats(3);
    expect((await readStatus(b.app)).deliveries).toEqual({ pending: 0, dead: 0 });
  });

  it("stays disabled where a test is refused, too", async () => {
    const b = await gone();
    await sendTest(b.app, b.app.channels.get("ops")!, signal);
    expect(to(b, "/ops")).toHaveLength(2);
    expect(await channel(b)).toHaveProperty("gone");
  });
});
