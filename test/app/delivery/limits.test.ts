// Channels whose service takes no more than so many messages: what waits folds into fewer, and nothing is lost.
import { describe, expect, it } from "vitest";
import { listDeliveries, redeliver } from "../../../lib/app/delivery/deliver.ts";
import { explainNotifying } from "../../../lib/app/queries/explain-notifying.ts";
import { createReader } from "../../../lib/app/queries/explain-reader.ts";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { tick } from "../../../lib/app/tick.ts";
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
function oneASecond(b: Bench, headers: Record<string, string> = { "retry-after": "1" }): Message[] {
  const took: Message[] = [];
  b.answer((message) => {
    const before = took.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
    if ((message.at - before) * MINUTE < 1_000) return { status: 429, headers };
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

describe("a service that refuses what is too much and names no time", () => {
  it.each([
    ["webhook", 'type: webhook, url: "HOOK/ops"'],
    ["slack", 'type: slack, url: "HOOK/ops"'],
    ["mattermost", 'type: mattermost, url: "HOOK/ops"'],
  ])("gets 300 alerts within 15 s in at most 12 messages: %s", async (_type, options) => {
    const b = await bench({ yaml: yaml(`ops: { ${options} }`) });
    const took = oneASecond(b, {});
    await storm(b, ALERTS);
    expect(took.length).toBeLessThanOrEqual(12);
    expect(seconds(took.at(-1)!)).toBeLessThan(15);
    const { channels } = await readStatus(b.app);
    expect(channels["ops"]).toMatchObject({ notified: ALERTS, pending: 0, dead: 0 });
  });

  it.each([
    ["webhook", 'type: webhook, url: "HOOK/ops"', {}],
    ["webhook that names a second", 'type: webhook, url: "HOOK/ops"', { "retry-after": "1" }],
    ["slack", 'type: slack, url: "HOOK/ops"', {}],
    ["opsgenie", 'type: opsgenie, url: "HOOK/ops", apiKey: key', {}],
  ])(
    "is asked less and less often while it takes nothing, down to once a minute: %s",
    async (_name, options, headers) => {
      const b = await bench({ yaml: yaml(`ops: { ${options} }`) });
      b.answer(() => ({ status: 429, headers }));
      for (let at = 0; at < 20; at++) b.fail(1, `Failed ${at}`);
      for (let second = 0; second < 720; second += second < 60 ? 1 : 5) {
        b.to(1 + second * SECOND);
        await b.beat();
      }
      const asked = b.messages.map(seconds);
      expect(asked.filter((at) => at < 20).length).toBeGreaterThan(4);
      expect(asked.filter((at) => at >= 120).length).toBeGreaterThan(1);
      expect(asked.filter((at) => at >= 120).length).toBeLessThanOrEqual(10);
    },
  );

  it("is asked as at first once it has taken something", async () => {
    const b = await bench({ yaml: yaml('ops: { type: webhook, url: "HOOK/ops" }') });
    let takes = false;
    b.answer(() => ({ status: takes ? 200 : 429 }));
    b.fail(1);
    for (let second = 0; second < 200; second++) {
      takes = second >= 150;
      b.to(1 + second * SECOND);
      await b.beat();
    }
    expect((await readStatus(b.app)).deliveries).toEqual({ pending: 0, dead: 0 });
    takes = false;
    const before = b.messages.length;
    b.fail(5);
    for (let second = 0; second < 8; second++) {
      b.to(5 + second * SECOND);
      await b.beat();
    }
    expect(b.messages.length - before).toBeGreaterThan(3);
  });
});

describe("what waits for a service", () => {
  /** So limited that it is known to be: a webhook has no rate of its own. */
  async function limited(more = ""): Promise<{ b: Bench; took: Message[] }> {
    const b = await bench({ yaml: yaml(more || "ops: { type: webhook, url: HOOK/ops }") });
    const took = oneASecond(b);
    for (let at = 0; at < 30; at++) b.fail(1, `Failed ${at}`);
    b.to(1);
    await b.beat();
    // What was put off is found again.
    b.to(1.2);
    await b.beat();
    return { b, took };
  }

  it("says which delivery took it in, and fares as that one does", async () => {
    const { b, took } = await limited();
    const rows = await listDeliveries(b.app);
    expect(rows).toHaveLength(30);
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["delivered"]));
    const sent = new Set(took.map(({ id }) => id));
    for (const { id, into } of rows) expect(sent.has(into ?? id)).toBe(true);
    const folded = rows.find(({ into }) => into !== undefined)!;
    const { deliveries } = await explainNotifying(b.app, createReader(b.app), () => null, {
      alert: (await openAlerts(b.app)).find(({ id }) => id === folded.alerts[0])!,
      groups: [],
    });
    const fates = deliveries.map(({ id, status, foldedInto }) => [id, status, foldedInto]);
    expect(fates).toHaveLength(2);
    expect(fates).toContainEqual([folded.into, "delivered", undefined]);
    expect(fates).toContainEqual([folded.id, "delivered", folded.into]);
  });

  it("is sent again with the delivery that took it in", async () => {
    const { b, took } = await limited();
    const folded = (await listDeliveries(b.app)).find(({ into }) => into !== undefined)!;
    const before = took.length;
    await redeliver(b.app, [folded.id]);
    b.to(2);
    await b.beat();
    expect(took.slice(before).map(({ id }) => id)).toEqual([folded.into]);
  });

  it("leaves the most urgent first", async () => {
    const b = await bench({
      yaml: yaml(`ops: { type: wecom, url: "HOOK/ops" }`).replace(
        "rules: [",
        'rules: [{ id: dead, when: { text: [{ wildcard: "*dead*" }] }, by: [id], severity: critical }, ',
      ),
    });
    b.answer(() => ({ status: 200, body: '{"errcode":0}' }));
    for (let at = 0; at < 20; at++) b.fail(1, `Failed ${at}`);
    for (let at = 0; at < 3; at++) b.fail(1, `dead ${at}`);
    b.to(1);
    await b.beat();
    const texts = b.messages.map(({ body }) => body.markdown.content as string);
    expect(texts.slice(0, 3).every((text) => text.includes("dead"))).toBe(true);
    expect(texts.slice(3).some((text) => text.includes("dead"))).toBe(true);
    expect(b.messages).toHaveLength(10);
  });

  it("goes to the fallback as one where the delivery that took it in dies", async () => {
    const { b } = await limited(
      "ops: { type: webhook, url: HOOK/ops, fallback: spare }\n  spare: { type: webhook, url: HOOK/spare }",
    );
    const before = b.messages.length;
    b.answer(({ to }, number) => {
      if (to === "/spare") return { status: 200 };
      return number === before + 1 ? { status: 429, headers: { "retry-after": "1" } } : { status: 404 };
    });
    for (let at = 0; at < 30; at++) b.fail(1.4, `Again ${at}`);
    b.to(1.5);
    await b.beat();
    await b.beats(3);
    const spare = b.messages.filter(({ to }) => to === "/spare");
    const named = spare.flatMap(({ body }) => body.alerts.map(({ id }: NotifiedAlert) => id));
    expect([named.length, new Set(named).size]).toEqual([30, 30]);
    expect(spare.length).toBeLessThan(5);
    expect((await readStatus(b.app)).channels["ops"]).toMatchObject({ notified: 30, pending: 0, dead: 30 });
  });

  it("is not overtaken by what its group has to say later", async () => {
    const b = await bench({
      yaml: yaml(
        "ops: { type: webhook, url: HOOK/ops }",
        "severity: error, resolve: { when: { source: [service-events], level: [normal] } }",
      ).replace("by: [id]", "by: [resource.id]"),
      services: ["svc-1", "svc-2", "svc-3"],
    });
    b.app.config.route.groupInterval = 0;
    const took: string[] = [];
    b.answer(({ body, at }) => {
      if (at < 1.9) return { status: 429, headers: { "retry-after": "30" } };
      for (const { key, status } of body.alerts) took.push(`${Object.values(key)} ${status}`);
      return { status: 200 };
    });
    for (const service of ["svc-1", "svc-2", "svc-3"]) b.fail(1, "Failed", service);
    b.to(1);
    await b.beat();
    for (const service of ["svc-1", "svc-2", "svc-3"]) b.recover(1.2, service);
    b.to(1.3);
    await b.beat();
    await b.beats(12);
    for (const service of ["svc-1", "svc-2", "svc-3"]) {
      expect(took.filter((one) => one.startsWith(service))).toEqual([`${service} firing`, `${service} resolved`]);
    }
  });
});

describe("two processes, and two channels", () => {
  it("share one destination's rate", async () => {
    const b = await bench({
      yaml: yaml(`ops: { type: slack, url: "HOOK/ops" }\n  other: { type: slack, url: "HOOK/ops" }`).replace(
        "channels: [ops]",
        "channels: [ops, other]",
      ),
    });
    const refused: Message[] = [];
    let last = Number.NEGATIVE_INFINITY;
    b.answer((message) => {
      if ((message.at - last) * MINUTE < 1_000) refused.push(message);
      last = message.at;
      return { status: 200, body: "ok" };
    });
    const beside = await b.beside();
    for (let at = 0; at < 6; at++) b.fail(1, `Failed ${at}`);
    b.to(1);
    const { signal } = new AbortController();
    await Promise.all([b.beat(), tick(beside, signal, { due: true })]);
    expect((await readStatus(b.app)).deliveries).toEqual({ pending: 0, dead: 0 });
    expect(refused).toEqual([]);
    expect(b.messages.length).toBeLessThanOrEqual(4);
  });

  it.each([
    ["telegram", 'token: "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", chat: ', "-1", "-2"],
    ["slack", "token: xoxb-0123456789, channel: ", "C0ONE", "C0TWO"],
  ])("have a rate each where they are chats of one service: %s", async (type, options, one, two) => {
    const to = (chat: string) => `{ type: ${type}, url: "HOOK/api", ${options}${chat} }`;
    const b = await bench({
      yaml: yaml(`ops: ${to(one)}\n  other: ${to(two)}`).replace("channels: [ops]", "channels: [ops, other]"),
    });
    const chatOf = ({ body }: Message) => String(body.chat_id ?? body.channel);
    b.answer((message) => {
      if (chatOf(message) === one) return { status: 429, headers: { "retry-after": "60" } };
      return { status: 200, body: '{"ok":true}' };
    });
    for (const at of [1, 1.2]) {
      b.fail(at, `Failed ${at}`);
      b.to(at);
      await b.beat();
    }
    expect(b.messages.map(chatOf).toSorted()).toEqual([one, two, two].toSorted());
  });

  it("write nothing on a tick that has nothing to send, or no token for it", async () => {
    let commits = 0;
    const b = await bench({
      yaml: yaml(`ops: { type: dingtalk, url: "HOOK/ops" }`),
      wrapStore: (store) => ({
        ...store,
        async commit(ops) {
          if (ops.some(({ pk }) => pk === "delivery" || pk === "rate")) commits++;
          await store.commit(ops);
        },
      }),
    });
    b.answer(() => ({ status: 200, body: '{"errcode":130101,"errmsg":"send too fast"}' }));
    b.fail(1);
    b.to(1);
    await b.beat();
    const before = commits;
    b.fail(1.4, "Again");
    b.to(1.5);
    await b.beat();
    const put = commits;
    expect(put).toBe(before + 1);
    await b.beats(5);
    expect(commits).toBe(put);
    expect(b.messages).toHaveLength(1);
  });
});
