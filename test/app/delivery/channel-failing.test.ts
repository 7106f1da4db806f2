// A channel that fails or holds back: what the log and the store say of it, what its fallback gets,
// and what is dead in the end.
import { describe, expect, it } from "vitest";
import { listDeliveries, redeliver } from "../../../lib/app/delivery/deliver.ts";
import { sendTest } from "../../../lib/app/delivery/send-test.ts";
import { type ChannelRow, channelKey, type DeliveryRow } from "../../../lib/app/persistence/delivery-rows.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import type { NotifiedAlert } from "../../../lib/model/notification.ts";
import { type Store, StoreError } from "../../../lib/store/port.ts";
import { type Bench, bench, failing, line, MINUTE, T0 } from "../support.ts";

const STATE = "resolve: { when: { source: [service-events], level: [normal] } }";
const yaml = (ops: string, route = "groupInterval: 1m, groupBy: [resource.id]") => `
rules: [{ id: broken, when: { level: [error] }, severity: critical, ${STATE} }]
route: { channels: [ops], ${route} }
health: { channels: [quiet] }
channels:
  ops: { ${ops}, fallback: spare }
  spare: { type: webhook, url: "HOOK/spare" }
  quiet: { type: console }`;
const OPS = 'type: webhook, url: "HOOK/ops"';

type Line = [level: string, message: string, fields: Record<string, unknown> | undefined];

function listen(b: Bench): Line[] {
  const lines: Line[] = [];
  for (const level of ["debug", "info", "warn", "error"] as const) {
    b.app.log[level] = (message, fields) => lines.push([level, message, fields]);
  }
  return lines;
}

const to = (b: Bench, path: string) => b.messages.filter((message) => message.to === path);
const at = (b: Bench, path: string) => to(b, path).map((message) => Math.round(message.at * 10) / 10);
const health = async (b: Bench) => (await b.store.get<ChannelRow>(channelKey("ops")))?.data;
const down = ({ to: path }: { to: string }) => ({ status: path === "/ops" ? 503 : 200 });
const first = async (b: Bench): Promise<DeliveryRow> => (await listDeliveries(b.app))[0]!;

describe("each try of a delivery", () => {
  it("is one line of the log: delivered, failed with what comes next, dead", async () => {
    const b = await failing({ yaml: yaml(OPS) });
    const lines = listen(b);
    const answers = [503, 200, 404];
    b.answer(({ to: path }) => ({ status: path === "/ops" ? answers.shift()! : 200 }));
    await b.round();
    b.recover(1.5);
    await b.rounds(3);
    const notified = lines.filter(([, , fields]) => fields?.["channel"] === "ops");
    const id = expect.stringMatching(/^\w{8}$/);
    expect(notified).toEqual([
      [
        "warn",
        "delivery failed",
        { channel: "ops", id, attempt: 1, error: "HTTP 503", next: expect.stringMatching(/^2026/) },
      ],
      ["info", "delivered", { channel: "ops", id, reason: "new", alerts: 1, attempt: 2 }],
      [
        "warn",
        "delivery failed",
        { channel: "ops", id, attempt: 1, error: expect.stringMatching(/^HTTP 404; check "url"/), next: "none" },
      ],
      ["error", "delivery is dead", { channel: "ops", id, error: expect.stringMatching(/^HTTP 404; check "url"/) }],
    ]);
  });
});

describe("a channel that fails", () => {
  it("is recorded as failing since its first failed try, until it accepts something", async () => {
    const b = await failing({ yaml: yaml(OPS) });
    b.answer(down);
    await b.round();
    await b.rounds(3);
    expect(await health(b)).toMatchObject({ failingSince: T0 + MINUTE, error: "HTTP 503" });
    b.answer(() => ({ status: 200 }));
    await b.rounds(5);
    expect(await health(b)).toMatchObject({ failingSince: null, error: null });
  });

  it("fails, too, where its secret is not set", async () => {
    const b = await failing({ yaml: yaml('type: webhook, url: "${env:UNSET_URL}"') });
    await b.round();
    await b.rounds(10);
    expect(await health(b)).toMatchObject({ error: expect.stringContaining("UNSET_URL") });
    expect(to(b, "/spare").map(line)).toEqual(["6 /spare new firing: svc-1 firing ×1(+1)"]);
  });

  it("is no channel that fails for a test notification, which is marked where it dies", async () => {
    const b = await bench({ yaml: yaml(OPS) });
    b.answer(({ to: path }) => ({ status: path === "/ops" ? 404 : 200 }));
    await sendTest(b.app, b.app.channels.get("ops")!, new AbortController().signal);
    expect(await health(b)).toBeUndefined();
    expect(await b.store.list("dead")).toMatchObject([{ data: { channel: "ops", test: true } }]);
  });

  it("has its fallback notified after fallbackAfter, once, and is still tried", async () => {
    const b = await failing({ yaml: yaml(`${OPS}, fallbackAfter: 3m`) });
    b.answer(down);
    await b.round();
    await b.rounds(30);
    expect(to(b, "/spare").map(line)).toEqual(["4 /spare new firing: svc-1 firing ×1(+1)"]);
    expect(to(b, "/ops").length).toBeGreaterThan(8);
    expect(await first(b)).toMatchObject({ channel: "ops", status: "pending" });
  });

  it("has what dies later not sent to the fallback a second time, nor when it is sent again by hand", async () => {
    const b = await failing({ yaml: yaml(OPS) });
    b.answer(down);
    await b.round();
    await b.rounds(10);
    b.answer(({ to: path }) => ({ status: path === "/ops" ? 404 : 200 }));
    await b.rounds(20);
    const dead = await first(b);
    expect(dead).toMatchObject({ channel: "ops", status: "dead" });
    await redeliver(b.app, [dead.id]);
    await b.rounds(21);
    expect(to(b, "/spare")).toHaveLength(1);
  });

  it("has all that waits behind it given to the fallback, in order, however little a commit holds", async () => {
    const wrapStore = (store: Store): Store => ({
      ...store,
      limits: { ...store.limits, items: 40 },
      async commit(ops) {
        if (ops.length > 40) throw new StoreError("more than a commit holds");
        await store.commit(ops);
      },
    });
    const each = yaml(`${OPS}, fallbackAfter: 30m`, "groupInterval: 1m").replace("critical,", "critical, by: [id],");
    const b = await bench({ yaml: each, wrapStore });
    b.answer(down);
    for (let minute = 1; minute <= 25; minute++) {
      b.to(minute);
      b.fail(minute - 0.5);
      await b.beat();
    }
    await b.beats(40);
    const named = to(b, "/spare").flatMap(({ body }) =>
      body.alerts.filter(({ newCount }: NotifiedAlert) => newCount > 0),
    );
    const starts = named.map(({ startsAt }: NotifiedAlert) => startsAt);
    expect(starts).toHaveLength(25);
    expect(starts).toEqual(starts.toSorted());
  });

  it("has what waits behind a pending one given to the fallback with it, in order", async () => {
    const b = await failing({ yaml: yaml(OPS) });
    b.answer(down);
    await b.round();
    b.recover(2);
    await b.rounds(10);
    expect(to(b, "/spare").map(line)).toEqual([
      "6 /spare new firing: svc-1 firing ×1(+1)",
      "6 /spare resolved resolved: svc-1 resolved ×1(+0)",
    ]);
  });

  it("has what comes to wait behind one that went to the fallback go there at once", async () => {
    const b = await failing({ yaml: yaml(OPS) });
    b.answer(down);
    await b.round();
    await b.rounds(10);
    b.recover(10.5);
    await b.rounds(12);
    expect(at(b, "/spare")).toEqual([6, 11]);
  });

  it("has what is new go to the fallback after its own first try, once it has failed for fallbackAfter", async () => {
    const b = await failing({ yaml: yaml(OPS), services: ["svc-1", "svc-2"] });
    b.answer(down);
    await b.round();
    await b.rounds(10);
    b.fail(10.5, "Failed", "svc-2");
    await b.rounds(12);
    expect(to(b, "/spare").map(line)).toEqual([
      "6 /spare new firing: svc-1 firing ×1(+1)",
      "11 /spare new firing: svc-2 firing ×1(+1)",
    ]);
  });

  it("has what was never tried, since others took all the time, go to the fallback", async () => {
    const services = Array.from({ length: 5 }, (_, at) => `svc-${at}`);
    const b = await bench({ yaml: yaml('type: slack, url: "HOOK/ops"'), services });
    b.to(1);
    for (const service of services) b.fail(0.5, "Failed", service);
    // Each try takes a minute and fails; what was claimed ahead is given back.
    b.answer((message, number) => {
      if (message.to === "/ops") b.to(message.at + 1);
      return number > 40 ? { status: 200 } : down(message);
    });
    await b.round();
    await b.rounds(14);
    const named = to(b, "/spare").flatMap(({ body }) => body.alerts as NotifiedAlert[]);
    expect(new Set(named.map(({ resource }) => resource?.id))).toEqual(new Set(services));
  });
});

describe("a channel that holds back", () => {
  it("has the fallback notified after fallbackAfter, is not tried before its time, and is tried then", async () => {
    const b = await bench({ yaml: yaml(OPS, "groupInterval: 1m, repeatInterval: 40d") });
    b.answer(({ to: path }, number) =>
      path === "/ops" && number === 1 ? { status: 503, headers: { "retry-after": "82800" } } : { status: 200 },
    );
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.rounds(10);
    await b.rounds(24 * 60, 60);
    expect(at(b, "/spare")).toEqual([6]);
    expect(at(b, "/ops")).toEqual([1, 23 * 60 + 60]);
    expect(await first(b)).toMatchObject({ status: "delivered", attempts: 2 });
  });

  it("for more than a day leaves a delivery pending, and dead after a day", async () => {
    const b = await bench({ yaml: yaml(OPS, "groupInterval: 1m, repeatInterval: 40d") });
    b.answer(({ to: path }) =>
      path === "/ops" ? { status: 429, headers: { "retry-after": "604800" } } : { status: 200 },
    );
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.rounds(10);
    await b.rounds(24 * 60, 60);
    expect(await first(b)).toMatchObject({ status: "pending", attempts: 1 });
    await b.rounds(25 * 60, 60);
    expect(await first(b)).toMatchObject({ status: "dead", attempts: 1, error: "HTTP 429" });
    expect(at(b, "/ops")).toEqual([1]);
    expect(at(b, "/spare")).toEqual([6]);
  });

  it("is notified of an outage's repeats once it is back, not once for each", async () => {
    const b = await failing({ yaml: yaml(OPS, "groupInterval: 1m, repeatInterval: 1h") });
    b.answer(down);
    await b.round();
    await b.rounds(10);
    await b.rounds(9 * 60, 10);
    b.answer(() => ({ status: 200 }));
    const before = b.messages.length;
    await b.rounds(9 * 60 + 5, 5);
    const since = b.messages.slice(before).map(({ to: path, body }) => `${path} ${body.reason}`);
    expect(since).toEqual(["/ops new", "/ops repeat"]);
    expect(to(b, "/spare").map(({ body }) => body.reason)).toEqual(["new", ...Array(8).fill("repeat")]);
  });
});

describe("a delivery that is held back while its channel takes others", () => {
  it("is a problem after fallbackAfter, without a fallback too, until it is delivered", async () => {
    const b = await failing({
      yaml: `
rules: [{ id: broken, when: { level: [error] }, severity: error, by: [id] }]
route: { channels: [ops], groupBy: ["..."] }
channels: { ops: { type: webhook, url: "HOOK/ops" }, chat: { type: webhook, url: "HOOK/chat" } }
health: { channels: [chat] }`,
    });
    const held = { status: 503, headers: { "retry-after": "3600" } };
    b.answer(({ to }, number) => (to === "/ops" && number === 1 ? held : { status: 200 }));
    await b.round();
    b.fail(1.5);
    await b.rounds(3);
    expect((await readStatus(b.app)).healthy).toBe(true);
    await b.rounds(8);
    const { healthy, problems } = await readStatus(b.app);
    expect([healthy, problems.map(({ problem, name }) => [problem, name])]).toEqual([
      false,
      [["channel failing", "ops"]],
    ]);
    expect(b.messages.filter(({ to }) => to === "/chat")).toHaveLength(1);
    await b.rounds(64, 8);
    expect((await readStatus(b.app)).healthy).toBe(true);
  });
});

it("Lookout's own alerts that were sent before anybody knew that their only channel fails reach another one", async () => {
  const b = await bench({
    yaml: `
rules: [{ id: broken, when: { level: [error] }, severity: critical }]
route: { channels: [spare] }
health: { channels: [ops], lag: 1m }
channels: { ops: { ${OPS} }, spare: { type: webhook, url: "HOOK/spare" } }`,
  });
  b.answer(down);
  b.sim.setFaults([{ kind: "status", status: 404, on: "service-events" }]);
  await b.rounds(12);
  const problems = to(b, "/spare").flatMap(({ body }) => body.alerts.map((alert: { key: object }) => alert.key));
  expect(problems).toContainEqual(expect.objectContaining({ problem: "channel failing" }));
  const unread = to(b, "/ops")[0]!.body.alerts[0].key;
  expect(problems.filter((key) => JSON.stringify(key) === JSON.stringify(unread))).toHaveLength(1);
});
