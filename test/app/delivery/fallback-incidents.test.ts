// Incidents that a fallback opened, or whose route has gone: they are closed when their alert ends, however many there
// are; and the order of a lane, whatever people do with its deliveries.
import { describe, expect, it } from "vitest";
import { dropDelivery, listDead, listDeliveries, redeliver } from "../../../lib/app/delivery/deliver.ts";
import { createLookAt } from "../../../lib/app/delivery/look.ts";
import { sendTest } from "../../../lib/app/delivery/send-test.ts";
import { createSender } from "../../../lib/app/delivery/sender.ts";
import { acknowledge, listOpen } from "../../../lib/app/oncall/acknowledge.ts";
import { DELIVERIES, type DeliveryRow } from "../../../lib/app/persistence/delivery-rows.ts";
import { type Key, RowDamaged, type Store, StoreError } from "../../../lib/store/port.ts";
import { type Bench, bench } from "../support.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const PAGER = `pager: { type: pagerduty, routingKey: ${KEY}, url: HOOK/pager }`;
const END = "resolve: { when: { source: [service-events], level: [normal] } }";
const yaml = (channels: string, route = "channels: [ops]", rule = `by: [resource.id], ${END}`) => `
rules: [{ id: broken, when: { level: [error] }, severity: critical, ${rule} }]
route: { ${route} }
health: { channels: [quiet] }
channels: { ${channels}, quiet: { type: console } }`;
const OPS = 'ops: { type: webhook, url: "HOOK/ops", fallback: pager, fallbackAfter: 3m }';

const DONE = { status: 202, body: '{"status":"success"}' };
const answers =
  (ops: number, pager = 202) =>
  (message: { to: string }) =>
    message.to === "/pager" ? { ...DONE, status: pager } : { status: ops };
/** `trigger svc-1` */
const paged = (b: Bench) =>
  b.messages
    .filter(({ to }) => to === "/pager")
    .map(({ body }) => `${body.event_action} ${body.payload?.source ?? ""}`.trim());
const actions = (b: Bench) => paged(b).map((one) => one.split(" ")[0]);
const pagerDeliveries = async (b: Bench) => (await listDeliveries(b.app)).filter(({ channel }) => channel === "pager");

describe("an incident that was opened at a fallback", () => {
  it("is closed when its alert ends, though its channel has long been back", async () => {
    const b = await bench({ yaml: yaml(`${OPS}, ${PAGER}`) });
    b.answer(answers(503));
    b.fail(0.5);
    await b.rounds(6);
    expect(actions(b)).toEqual(["trigger"]);
    b.answer(answers(200));
    await b.rounds(20);
    b.recover(20.5);
    await b.rounds(30);
    expect(actions(b)).toEqual(["trigger", "resolve"]);
    expect(new Set(b.messages.filter(({ to }) => to === "/pager").map(({ body }) => body.dedup_key)).size).toBe(1);
  });

  it("is acknowledged as its alert is, and closed all the same", async () => {
    const b = await bench({ yaml: yaml(`${OPS}, ${PAGER}`) });
    b.answer(answers(503));
    b.fail(0.5);
    await b.rounds(6);
    await acknowledge(b.app, (await listOpen(b.app))[0]!, "ada");
    await b.rounds(7);
    await acknowledge(b.app, (await listOpen(b.app))[0]!, null);
    await acknowledge(b.app, (await listOpen(b.app))[0]!, "bob");
    await b.rounds(8);
    b.recover(8.5);
    await b.rounds(30);
    expect(actions(b)).toEqual(["trigger", "acknowledge", "acknowledge", "resolve"]);
  });

  it("is acknowledged at once where its alert was before it was opened", async () => {
    const b = await bench({ yaml: yaml(`${OPS}, ${PAGER}`) });
    b.answer(answers(503));
    b.fail(0.5);
    await b.rounds(2);
    await acknowledge(b.app, (await listOpen(b.app))[0]!, "ada");
    await b.rounds(20);
    b.recover(20.5);
    await b.rounds(30);
    expect(actions(b)).toEqual(["trigger", "acknowledge", "resolve"]);
  });

  /** The alert is escalated while all channels of its route are down; so is the pager from minute 12 on. */
  async function twice(): Promise<Bench> {
    const boss = 'boss: { type: webhook, url: "HOOK/boss", fallback: pager, fallbackAfter: 3m }';
    const route = "channels: [ops], escalate: [{ after: 10m, channels: [boss] }]";
    const b = await bench({ yaml: yaml(`${OPS}, ${boss}, ${PAGER}`, route) });
    b.answer(answers(503));
    b.fail(0.5);
    await b.rounds(12);
    expect(actions(b)).toEqual(["trigger"]);
    b.answer(answers(503, 503));
    await b.rounds(18);
    return b;
  }

  it("is acknowledged and closed though an escalation that was to go there as well was taken back", async () => {
    const b = await twice();
    await acknowledge(b.app, (await listOpen(b.app))[0]!, "ada");
    const since = paged(b).length;
    b.answer(answers(200));
    b.recover(25.5);
    await b.rounds(60);
    expect(actions(b).slice(since)).toEqual(["acknowledge", "resolve"]);
  });

  it("is not opened again after its end, by whatever way it was opened", async () => {
    const b = await twice();
    b.recover(18.5);
    await b.rounds(20);
    const took: string[] = [];
    b.answer((message) => {
      if (message.to === "/pager") took.push(actions(b).at(-1)!);
      return answers(503)(message);
    });
    await b.rounds(60);
    expect(took.at(-1)).toBe("resolve");
    expect(took.filter((action) => action === "resolve")).toHaveLength(1);
  });

  it("is closed though the alert's end is silent", async () => {
    const b = await bench({ yaml: yaml(`${OPS}, ${PAGER}`, "channels: [ops]", "by: [resource.id]") });
    b.answer(answers(503));
    b.fail(0.5);
    await b.rounds(6);
    b.answer(answers(200));
    await b.rounds(8);
    b.to(25 * 60);
    await b.rounds(25 * 60 + 2);
    expect(actions(b)).toEqual(["trigger", "resolve"]);
  });

  it("is closed once where its channel still fails", async () => {
    const b = await bench({ yaml: yaml(`${OPS}, ${PAGER}`) });
    b.answer(answers(503));
    b.fail(0.5);
    await b.rounds(6);
    b.recover(6.5);
    await b.rounds(30);
    expect(actions(b)).toEqual(["trigger", "resolve"]);
  });

  it("is one for each alert of a message, of however many it is and however little a commit holds", async () => {
    const services = Array.from({ length: 60 }, (_, at) => `svc-${at}`);
    const wrapStore = (store: Store): Store => ({
      ...store,
      limits: { ...store.limits, items: 88 },
      async commit(ops) {
        if (ops.length > 100) throw new StoreError("more than a commit holds");
        await store.commit(ops);
      },
    });
    for (const ops of [503, 404]) {
      const b = await bench({ yaml: yaml(`${OPS}, ${PAGER}`), services, wrapStore });
      b.answer(answers(ops));
      for (const service of services) b.fail(0.5, "Failed", service);
      await b.rounds(8);
      expect(new Set(actions(b))).toEqual(new Set(["trigger"]));
      expect(new Set(paged(b)).size, `${ops}`).toBe(60);
      expect(paged(b)).toHaveLength(60);
      b.answer(answers(200));
      for (const service of services) b.recover(8.5, service);
      await b.rounds(20);
      expect(actions(b).filter((action) => action === "resolve")).toHaveLength(60);
    }
  });
});

it.each([503, 400])("a test of a channel opens none at its fallback, where the channel answers %i", async (status) => {
  const b = await bench({ yaml: yaml(`${OPS}, ${PAGER}`) });
  b.answer(answers(status));
  // The channel has been failing for long.
  b.fail(0.5);
  await b.rounds(20);
  b.messages.length = 0;
  await sendTest(b.app, b.app.channels.get("ops")!, new AbortController().signal);
  await b.rounds(40);
  expect(paged(b)).toEqual([]);
  expect(b.messages.length).toBeGreaterThan(0);
});

it("one that is sent again by hand while it is handed over is posted once for each alert", async () => {
  const services = Array.from({ length: 40 }, (_, at) => `svc-${at}`);
  let again: (() => Promise<void>) | undefined;
  const wrapStore = (store: Store): Store => ({
    ...store,
    limits: { ...store.limits, items: 88 },
    async commit(ops) {
      await store.commit(ops);
      const row = ops.flatMap((op) => (op.op === "put" && op.pk === DELIVERIES ? [op.data as DeliveryRow] : []));
      const first = row.some(({ handedOver = 0 }) => handedOver > 7) ? again : undefined;
      if (first === undefined) return;
      again = undefined;
      await first();
    },
  });
  const b = await bench({ yaml: yaml(`${OPS}, ${PAGER}`), services, wrapStore });
  b.answer(answers(400));
  for (const service of services) b.fail(0.5, "Failed", service);
  const other = await b.beside();
  again = async () => {
    const parts = (await pagerDeliveries(b)).map(({ id }) => id);
    await createSender(
      other,
      new AbortController().signal,
      undefined,
      createLookAt(other, parts, () => {}),
    ).poke();
    expect(paged(b).length).toBeGreaterThan(7);
    const [row] = (await listDeliveries(other)).filter(({ channel }) => channel === "ops");
    await redeliver(other, [row!.id]);
  };
  await b.rounds(8);
  expect(again).toBeUndefined();
  expect(new Set(paged(b)).size).toBe(40);
  expect(paged(b)).toHaveLength(40);
});

it("one that cannot be closed, since what is known of its end is damaged, keeps no other open", async () => {
  const services = ["svc-1", "svc-2"];
  let damaged: string | undefined;
  const wrapStore = (store: Store): Store => ({
    ...store,
    async getMany<T>(keys: readonly Key[]) {
      for (const key of keys) if (key.sk === damaged && key.pk === "ended") throw new RowDamaged(key);
      return store.getMany<T>(keys);
    },
  });
  const b = await bench({ yaml: yaml(`${OPS}, ${PAGER}`), services, wrapStore });
  b.answer(answers(503));
  for (const service of services) b.fail(0.5, "Failed", service);
  await b.rounds(6);
  b.answer(answers(200));
  await b.rounds(12);
  const [first, second] = await listOpen(b.app);
  for (const service of services) b.recover(12.5, service);
  await b.beat();
  damaged = first!.alert.id;
  await b.rounds(16);
  const closed = b.messages.filter(({ body }) => body.event_action === "resolve");
  expect(closed.map(({ body }) => body.dedup_key)).toEqual([second!.alert.id]);
});

describe("an incident whose way has changed in the file", () => {
  const direct = yaml(PAGER, "channels: [], routes: [{ match: { severity: [critical] }, channels: [pager] }]");
  it.each([
    ["its route takes other alerts now", direct.replace("[critical] }, channels", "[info] }, channels")],
    ["its route names another channel now", direct.replace("channels: [pager]", "channels: [quiet]")],
    ["its route is gone", yaml(PAGER, "channels: [quiet]")],
  ])("is closed when its alert ends: %s", async (_, after) => {
    const b = await bench({ yaml: direct });
    b.answer(answers(200));
    b.fail(0.5);
    await b.rounds(2);
    expect(actions(b)).toEqual(["trigger"]);
    await b.reload(after);
    await b.rounds(4);
    b.recover(4.5);
    await b.rounds(8);
    expect(actions(b)).toEqual(["trigger", "resolve"]);
  });
});

describe("deliveries of one lane keep their order", () => {
  /** The opening of an incident has been tried in vain for so long that its next try is minutes away. */
  async function waiting(): Promise<Bench> {
    const b = await bench({ yaml: yaml(PAGER, "channels: [pager]") });
    b.answer(answers(200, 503));
    b.fail(0.5);
    await b.rounds(20);
    return b;
  }
  /** From now on the service takes everything. */
  async function back(b: Bench): Promise<void> {
    const [first] = await pagerDeliveries(b);
    expect(first!.nextAttemptAt).toBeGreaterThan(b.app.clock.now() + 75_000);
    b.messages.length = 0;
    b.answer(answers(200));
  }
  it("where the newest of those that wait is dropped", async () => {
    const b = await waiting();
    const [open] = await listOpen(b.app);
    await acknowledge(b.app, open!, "ada");
    await b.rounds(21);
    const [, second] = await pagerDeliveries(b);
    await dropDelivery(b.app, second!.id);
    b.recover(21.5);
    await back(b);
    await b.rounds(22);
    await b.rounds(40);
    expect(actions(b)).toEqual(["trigger", "resolve"]);
  });

  it("where one that waits is sent again by hand", async () => {
    const b = await waiting();
    b.recover(20.5);
    await b.rounds(21);
    const [, second] = await pagerDeliveries(b);
    await back(b);
    await redeliver(b.app, [second!.id]);
    await b.rounds(22);
    expect(actions(b)).toEqual(["trigger", "resolve"]);
  });

  it("where all of them have died, and are sent again in any order", async () => {
    const b = await bench({
      yaml: yaml('ops: { type: webhook, url: "HOOK/ops" }', "channels: [ops], groupInterval: 1m", "by: [id]"),
    });
    b.answer(() => ({ status: 400 }));
    for (let at = 0; at < 16; at += 2) {
      b.fail(at + 0.5, `Failed ${at}`);
      await b.rounds(at + 2);
    }
    const dead = (await listDead(b.app)).map(({ id }) => id);
    expect(dead.length).toBeGreaterThan(5);
    const died = b.messages.splice(0).map(({ id }) => id);
    b.answer(() => ({ status: 200 }));
    await redeliver(b.app, dead.toSorted());
    await b.round();
    expect(b.messages.map(({ id }) => id)).toEqual(died);
  });

  it("where a dead opening is sent again though its end was delivered: it is closed again", async () => {
    const b = await waiting();
    b.answer(answers(200, 400));
    await b.rounds(30);
    const [first] = await pagerDeliveries(b);
    expect(first).toMatchObject({ status: "dead" });
    b.answer(answers(200));
    b.recover(30.5);
    await b.rounds(32);
    b.messages.length = 0;
    await redeliver(b.app, [first!.id]);
    await b.rounds(35);
    expect(actions(b)).toEqual(["trigger", "resolve"]);
  });
});
