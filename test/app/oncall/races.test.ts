// Two processes at once: what one reads just before the other changes it. Each test says what comes in between.
import { expect, it, test } from "vitest";
import { closeStrays } from "../../../lib/app/delivery/closing.ts";
import { listDeliveries, redeliver } from "../../../lib/app/delivery/deliver.ts";
import { createLookAt } from "../../../lib/app/delivery/look.ts";
import { notifyDue } from "../../../lib/app/delivery/notify.ts";
import { createSender } from "../../../lib/app/delivery/sender.ts";
import type { App } from "../../../lib/app/deps.ts";
import { acknowledge, listOpen } from "../../../lib/app/oncall/acknowledge.ts";
import { DELIVERIES, STRAYS } from "../../../lib/app/persistence/delivery-rows.ts";
import type { RuleRow } from "../../../lib/app/persistence/rows.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { tick } from "../../../lib/app/tick.ts";
import type { Op, Store } from "../../../lib/store/port.ts";
import { type Bench, bench, line } from "../support.ts";
import { ack } from "./bench.ts";

const { signal } = new AbortController();
const ACCEPTED = { status: 202, body: '{"status":"success"}' };
const yaml = (route: string, rule = "by: [resource.id]", ops = "") => `
rules:
  - id: broken
    when: { level: [error] }
    resolve: { when: { source: [service-events], level: [normal] } }
    ${rule}
route: { ${route} }
health: { channels: [quiet] }
channels:
  ops: { type: webhook, url: "HOOK/ops"${ops} }
  lead: { type: webhook, url: "HOOK/lead" }
  boss: { type: webhook, url: "HOOK/boss" }
  pager: { type: pagerduty, url: "HOOK/pager", routingKey: k }
  quiet: { type: console }
`;

/** A store that does something else first, before the first commit of a kind. */
function interrupted(isMeant: (ops: readonly Op[]) => boolean) {
  let first: (() => Promise<unknown>) | undefined;
  const wrapStore = (store: Store): Store => ({
    ...store,
    async commit(ops) {
      if (first !== undefined && isMeant(ops)) {
        const now = first;
        first = undefined;
        await now();
      }
      await store.commit(ops);
    },
  });
  const by = (work: () => Promise<unknown>) => {
    first = work;
  };
  return { wrapStore, by };
}

/** What another process does in its turn. */
async function turnOf(app: App): Promise<void> {
  for (const source of app.config.sources) await pollSource(app, source, signal);
  await tick(app, signal, { timers: true, due: true });
}

const actions = ({ messages }: Pick<Bench, "messages">): string[] =>
  messages.filter(({ to }) => to === "/pager").map(({ body }) => body.event_action);

it("an incident is sent again as its alert ends: it is closed again", async () => {
  const { wrapStore, by } = interrupted(() => true);
  const b = await bench({ yaml: yaml("channels: [pager], groupInterval: 1m"), wrapStore });
  b.answer(() => ACCEPTED);
  b.to(1);
  b.fail(0.5);
  await b.beats(3);
  const [opening] = await listDeliveries(b.app);
  const other = await b.beside();
  b.recover(3.5);
  b.to(4);
  by(() => turnOf(other));
  await redeliver(b.app, [opening!.id]);
  await b.rounds(10);
  expect(actions(b)).toEqual(["trigger", "resolve", "trigger", "resolve"]);
});

it("an incident at a fallback is to be closed as its alert opens again: it stays open, and is closed in the end", async () => {
  const { wrapStore, by } = interrupted((ops) => ops.some(({ op, pk }) => op === "delete" && pk === STRAYS));
  const b = await bench({
    yaml: yaml("channels: [ops]", "by: [resource.id]\n    reopen: 1h", ", fallback: pager, fallbackAfter: 1m"),
    wrapStore,
  });
  b.answer(({ to }) => (to === "/pager" ? ACCEPTED : { status: 503 }));
  b.to(1);
  b.fail(0.5);
  await b.beats(6);
  b.answer(({ to }) => (to === "/pager" ? ACCEPTED : { status: 200 }));
  await b.beats(12);
  b.recover(12.5);
  await b.beats(14);
  const other = await b.beside();
  b.fail(14.5);
  b.to(15);
  by(() => turnOf(other));
  await closeStrays(b.app);
  await b.beats(18);
  expect(actions(b)).toEqual(["trigger"]);
  b.recover(18.5);
  await b.rounds(22);
  expect(actions(b)).toEqual(["trigger", "resolve"]);
});

test.each([false, true])(
  "an escalation fails on two channels as it is acknowledged, recorded together: %s",
  async (together) => {
    let waiting: (() => void)[] = [];
    let isMeant = (_ops: readonly Op[]) => false;
    const wrapStore = (store: Store): Store => ({
      ...store,
      async commit(ops) {
        // Both have read before either commits.
        if (isMeant(ops) && waiting.length < 2) {
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            if (waiting.length === 2) for (const go of waiting) go();
          });
        }
        await store.commit(ops);
      },
    });
    const b = await bench({
      yaml: yaml("channels: [ops], groupInterval: 5m, escalate: [{ after: 15m, channels: [lead, boss] }]"),
      wrapStore,
    });
    b.to(1);
    b.fail(0.5);
    await b.beats(16);
    const other = await b.beside();
    b.to(17);
    await notifyDue(b.app);
    const pending = (await listDeliveries(b.app)).filter(({ status }) => status === "pending");
    const both = Promise.withResolvers<void>();
    let got = 0;
    b.answer(async () => {
      if (++got === 2) {
        await ack(b, "broken");
        waiting = [];
        if (together) isMeant = (ops) => ops.some(({ op, pk }) => op === "delete" && pk === DELIVERIES);
        both.resolve();
      }
      await both.promise;
      return { status: 503 };
    });
    const send = (app: App, channel: string) => {
      const { id } = pending.find((one) => one.channel === channel)!;
      return createSender(
        app,
        signal,
        undefined,
        createLookAt(app, [id], () => {}),
      ).poke();
    };
    await Promise.all([send(b.app, "lead"), send(other, "boss")]);
    b.answer(() => ({ status: 200 }));
    const since = b.messages.length;
    await b.beats(20);
    await ack(b, "broken", null);
    await b.beats(30);
    const said = b.messages.slice(since).map((one) => line(one).replace(/^\S+ /, ""));
    expect(said.toSorted()).toEqual(["boss", "lead"].map((to) => `/${to} escalation firing: svc-1 firing ×1(+1)`));
  },
);

it("of 30 incidents that begin in one commit one is acknowledged as they are decided: its service hears of it", async () => {
  const [reached, acknowledged] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let decide: (() => Promise<unknown>) | undefined;
  let decided: Promise<unknown> | undefined;
  let head = "";
  const wrapStore = (store: Store): Store => ({
    ...store,
    limits: { ...store.limits, items: 100 },
    async commit(ops) {
      if (decide !== undefined) {
        // Who acknowledges has read; who decides reads now, and waits before it commits.
        [decided, decide] = [decide(), undefined];
        await reached.promise;
        await store.commit(ops);
        acknowledged.resolve();
        return;
      }
      if (decided !== undefined && ops.some(({ op, pk, sk }) => op === "put" && `${pk}/${sk}` === head)) {
        reached.resolve();
        await acknowledged.promise;
      }
      await store.commit(ops);
    },
  });
  const b = await bench({ yaml: yaml("channels: [pager], groupInterval: 1m", "by: [message]"), wrapStore });
  b.answer(() => ACCEPTED);
  b.to(1);
  for (let at = 0; at < 30; at++) b.fail(0.5, `Failure ${String.fromCharCode(97 + (at % 26))}${at}`);
  b.to(2);
  for (const source of b.app.config.sources) await pollSource(b.app, source, signal);
  const [open] = await listOpen(b.app);
  head = `group/${(await b.store.get<RuleRow>(open!.key))!.data.groups[0]}/head`;
  const other = await b.beside();
  b.to(3.5);
  decide = () => notifyDue(other);
  await acknowledge(b.app, open!, "ada");
  await decided;
  for (let at = 4; at <= 10; at++) {
    b.to(at);
    // The ring of the poll is lost.
    await turnOf(other);
  }
  const own = b.messages.filter(({ body }) => body.dedup_key === open!.alert.id);
  expect(actions({ messages: own })).toEqual(["trigger", "acknowledge"]);
});
