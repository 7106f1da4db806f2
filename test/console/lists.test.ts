// What the console reads of `history`: a page of it at a time, whatever lies behind that.
import { describe, expect, test } from "vitest";
import { ENDS, EVENTS, keyAt, SENT } from "../../lib/app/persistence/by-time.ts";
import { deliveryKey } from "../../lib/app/persistence/delivery-rows.ts";
import { endedKey } from "../../lib/app/persistence/rows.ts";
import { openAlerts } from "../../lib/app/queries/lists.ts";
import type { Op, Store } from "../../lib/store/port.ts";
import { MINUTE, T0 } from "../app/support.ts";
import { type ConsoleBench, consoleBench } from "./bench.ts";

const YAML = `
rules: [{ id: down, when: { level: [error] }, severity: critical }]
channels: { ops: { type: webhook, url: "HOOK/ops" }, chat: { type: webhook, url: "HOOK/chat" } }
route: { channels: [ops] }
`;
const KEPT = 3_000;

/** How many rows the application was given, and how often it asked for a list. */
function counting() {
  const read = { rows: 0, lists: 0 };
  const wrapStore = (store: Store): Store => ({
    ...store,
    async list<T>(...given: Parameters<Store["list"]>) {
      const rows = await store.list<T>(...given);
      read.rows += rows.length;
      read.lists++;
      return rows;
    },
    async getMany<T>(...given: Parameters<Store["getMany"]>) {
      const rows = await store.getMany<T>(...given);
      read.rows += rows.length;
      return rows;
    },
  });
  return { read, wrapStore };
}

/** One alert, one of its deliveries and one event each minute back from now, as they are stored. */
async function keep({ app, store }: ConsoleBench, count: number, likeId: string): Promise<void> {
  const [like] = await openAlerts(app);
  const [sample] = (await store.list(deliveryKey("").pk)) as { data: object }[];
  const ops: Op[] = [];
  for (let number = 0; number < count; number++) {
    const at = app.clock.now() - (number + 60) * MINUTE;
    const id = `${likeId}${String(number).padStart(28, "0")}`;
    const times = { startsAt: new Date(at).toISOString(), endsAt: new Date(at + MINUTE).toISOString() };
    const alert = { ...like!, ...times, id, status: "resolved" };
    const { rule } = alert;
    const put = (key: { pk: string; sk: string }, data: unknown) => ops.push({ op: "put", ...key, data });
    put(endedKey(id), { alert, groups: [] });
    put(keyAt(ENDS, at, id), { id, rule, ...times });
    put(deliveryKey(id), { ...sample!.data, id, createdAt: at, endedAt: at, alerts: [id] });
    put(keyAt(SENT, at, id), { id, rules: [rule], alerts: [id.slice(0, 12)] });
    put(keyAt(EVENTS, at, id), { events: [{ ...like!.events[0], id, time: times.startsAt, message: `no ${number}` }] });
  }
  for (let from = 0; from < ops.length; from += 1_000) await store.commit(ops.slice(from, from + 1_000));
}

async function withHistory(count: number) {
  const { read, wrapStore } = counting();
  const made = await consoleBench({ yaml: YAML, wrapStore });
  made.to(20 * 24 * 60);
  made.fail(20 * 24 * 60, "lost it");
  await made.beats(20 * 24 * 60 + 1);
  await keep(made, count, "aaaa");
  const [open] = await openAlerts(made.app);
  return { made, read, open: open! };
}

test("no page and no scrape reads more for what is kept behind what it shows", async () => {
  const few = await withHistory(100);
  const many = await withHistory(KEPT);
  for (const path of ["/metrics", "/readyz", "/", "/events", "/deliveries", "/ended", "/sources", "/silences"]) {
    const [less, more] = [few, many].map(({ read }) => read);
    less!.rows = 0;
    more!.rows = 0;
    expect((await few.made.ask(path)).status).toBe(200);
    expect((await many.made.ask(path)).status).toBe(200);
    expect([path, more!.rows]).toEqual([path, expect.closeTo(less!.rows, -1.5)]);
  }
  many.read.rows = 0;
  await many.made.ask(`/alerts/${many.open.id}`);
  await many.made.ask(`/api/deliveries/${"a".repeat(4)}/redeliver`, { method: "POST" });
  expect(many.read.rows).toBeLessThan(300);
  await many.made.ask("/rules");
  many.read.rows = 0;
  await many.made.ask("/rules");
  expect(many.read.rows).toBe(0);
});

test.each([
  "/api/events?since=3650d",
  "/api/events?until=1000-01-01 00:00",
  "/events?until=1970-01-01 00:00",
  "/api/deliveries?since=3650d",
])("%s looks at no day of which nothing is kept", async (path) => {
  const { made, read } = await withHistory(0);
  read.lists = 0;
  expect((await made.ask(path)).status).toBe(200);
  expect(read.lists).toBeLessThan(40);
});

describe("a list goes on to its end, each once", () => {
  test.each([
    ["events", "/api/events?since=30d"],
    ["deliveries", "/api/deliveries?channel=ops"],
    ["deliveries", "/api/deliveries?status=delivered"],
    ["alerts", "/api/ended?"],
  ])("%s at %s", async (list, path) => {
    const { made, open } = await withHistory(130);
    const ids: string[] = [];
    let pages = 0;
    for (let next: string | null = ""; next !== null; pages++) {
      const { json } = await made.ask(`${path}&before=${encodeURIComponent(next)}`);
      ids.push(...json[list].map(({ id }: { id: string }) => id));
      next = json.next;
    }
    expect(pages).toBe(3);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(list === "alerts" ? 130 : 131);
    expect(open.status).toBe("firing");
  });
});

describe("events by time", () => {
  const now = new Date(T0 + (20 * 24 * 60 + 1) * MINUTE);
  const local = (minutes: number) => new Date(now.getTime() - minutes * MINUTE).toISOString().slice(0, 16);
  test.each([
    ["since=90m", 31],
    ["until=2h&since=1h", 60],
    [`until=${local(120)}Z&since=1h`, 61],
    [`until=${local(120).replace("T", "+")}&since=1h`, 61],
    [`until=${local(60 * 24 * 9)}&since=1h`, 0],
  ])("%s", async (query, found) => {
    const { made } = await withHistory(200);
    let [count, next]: [number, string | null] = [0, ""];
    while (next !== null) {
      const { json } = await made.ask(`/api/events?${query}&before=${encodeURIComponent(next)}`);
      count += json.events.length;
      next = json.next;
    }
    expect(Math.abs(count - found)).toBeLessThan(2);
  });

  test.each(["until=soon", "until=2026-13-45 10:00", "until=0001-01-01 00:00", "before=x", "before=000001/x"])(
    "no filter: %s",
    async (query) => {
      const { made } = await withHistory(0);
      expect((await made.ask(`/api/events?${query}`)).status).toBe(400);
    },
  );
});

test("the rules' page counts what was said in a week, and what of it was nothing", async () => {
  const { made } = await withHistory(140);
  expect((await made.ask("/api/rules")).json.rules[0]).toEqual({
    rule: "down",
    open: 1,
    alerts: 141,
    brief: 140,
    messagesPerDay: 20.1,
  });
});
