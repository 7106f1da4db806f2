// Two processes look at the health of one state: what one of them knows is no reason for the other to open or resolve.
import { expect, it, test } from "vitest";
import type { App } from "../../../lib/app/deps.ts";
import { checkHealth } from "../../../lib/app/health/health.ts";
import { listOpen } from "../../../lib/app/oncall/acknowledge.ts";
import { DEAD } from "../../../lib/app/persistence/delivery-rows.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { tick } from "../../../lib/app/tick.ts";
import type { Notification } from "../../../lib/model/notification.ts";
import type { Store } from "../../../lib/store/port.ts";
import { type Bench, bench } from "../support.ts";

const yaml = `
rules: [{ id: broken, when: { level: [error] }, by: [resource.id] }]
route: { channels: [] }
health: { channels: [ops] }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
`;
const EVERY = 30_000;

/** Each of the processes checks, half a minute apart, up to that minute. */
async function checks(b: Bench, apps: readonly App[], from: number, until: number): Promise<void> {
  for (let at = from; at <= until; at += 0.5) {
    for (const [index, app] of apps.entries()) {
      b.to(at + index / 10);
      const { signal } = new AbortController();
      for (const source of app.config.sources) await pollSource(app, source, signal);
      await tick(app, signal, { health: { every: EVERY }, due: true });
    }
  }
}

const said = ({ messages }: Bench): string[] =>
  messages.flatMap(({ body }) => (body as Notification).alerts.map(({ status, key }) => `${status} ${key["problem"]}`));

/** A process that has come across a row that is damaged, and one that has not. */
async function two() {
  const b = await bench({ yaml });
  await b.beats(1);
  const other = await b.beside();
  b.app.guard.noteDamaged({ pk: "target/x", sk: "y" });
  return { b, other };
}

it("what one of them came across is notified once", async () => {
  const { b, other } = await two();
  await checks(b, [b.app, other], 2, 10);
  await checks(b, [other, b.app], 11, 20);
  expect(said(b)).toEqual(["firing state damaged"]);
});

it("what both know is over once neither knows it", async () => {
  const { b, other } = await two();
  const known = [{ problem: "configuration refused", name: "lookout.yml", message: "no", connection: null }] as const;
  for (const app of [b.app, other]) await checkHealth(app, known, EVERY);
  await checkHealth(b.app, [], EVERY);
  await checkHealth(other, known, EVERY);
  await checkHealth(b.app, [], EVERY);
  await b.beats(4);
  const about = () => said(b).filter((one) => one.endsWith("refused"));
  expect(about()).toEqual(["firing configuration refused"]);
  await checkHealth(other, [], EVERY);
  await b.beats(8);
  expect(about()).toEqual(["firing configuration refused", "resolved configuration refused"]);
});

test.each([
  ["is known to be gone", true, 3],
  ["says nothing any more", false, 5],
])("it is over once who knew it %s", async (_, isGone, until) => {
  const { b, other } = await two();
  await checks(b, [b.app, other], 2, 2);
  Object.assign(other, { identity: { id: "beside", isGone: (id: string) => isGone && id === b.app.identity.id } });
  await checks(b, [other], 2.5, until);
  await checks(b, [other], until + 0.5, until + 6);
  expect(said(b)).toEqual(["firing state damaged", "resolved state damaged"]);
  const [, resolved] = b.messages;
  expect(Date.parse(resolved!.body.alerts[0].endsAt)).toBeLessThan(b.app.clock.now() - 5 * 60_000);
});

it("what one of them opens while the other one is looking stays open", async () => {
  let meanwhile: (() => Promise<unknown>) | undefined;
  const wrapStore = (store: Store): Store => ({
    ...store,
    async list<T>(pk: string, options?: Parameters<Store["list"]>[1]) {
      const rows = await store.list<T>(pk, options);
      if (pk !== DEAD || meanwhile === undefined) return rows;
      const first = meanwhile;
      meanwhile = undefined;
      await first();
      return rows;
    },
  });
  const b = await bench({ yaml, wrapStore });
  await b.beats(1);
  const other = await b.beside();
  meanwhile = async () => {
    await b.store.commit([{ op: "put", pk: DEAD, sk: "d", data: { channel: "ops", error: "HTTP 400" } }]);
    await checkHealth(b.app, [], EVERY);
  };
  await checkHealth(other, [], EVERY);
  expect((await listOpen(other)).map(({ alert }) => alert.key["problem"])).toEqual(["delivery dead"]);
});
