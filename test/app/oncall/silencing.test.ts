// Silences that people add while it runs, as timelines in minutes.
import { expect, it } from "vitest";
import { addSilence, expireSilence, listSilences, viewSilence } from "../../../lib/app/oncall/silences.ts";
import type { SilenceRow } from "../../../lib/app/persistence/on-call-rows.ts";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import type { Store } from "../../../lib/store/port.ts";
import { type Bench, bench, line, MINUTE, T0 } from "../support.ts";
import { byService } from "./bench.ts";

const YAML = byService('late: [{ times: [{ start_time: "10:10", end_time: "10:12" }] }]');

function add({ app }: Bench, over: Partial<SilenceRow> = {}): Promise<SilenceRow> {
  const match = { rule: ["broken"] };
  const times = { from: T0, until: T0 + 60 * MINUTE, during: [] };
  return addSilence(app, { match, ...times, comment: "migration", by: "ada", ...over });
}

it("holds back what it matches, says so, and lets it go at once when it is ended", async () => {
  const b = await bench({ yaml: YAML, services: ["svc-1", "svc-2"] });
  const { id } = await add(b, { match: { resource: { id: ["svc-1"] } } });
  b.to(1);
  b.fail(0.5);
  b.fail(0.6, "Failed", "svc-2");
  await b.beats(10);
  expect((await openAlerts(b.app)).map(({ suppressedBy }) => suppressedBy)).toEqual([
    [`silence ${id.slice(0, 8)} "migration"`],
    [],
  ]);
  b.to(10.2);
  await expireSilence(b.app, id);
  b.to(10.3);
  await b.beat();
  expect(b.messages.map(line)).toEqual([
    "2 /ops new firing: svc-2 firing ×1(+1)",
    "10.3 /ops new firing: svc-1 firing ×1(+1)",
  ]);
  const [ended] = await listSilences(b.app);
  expect(viewSilence(ended!, b.app.clock.now())).toMatchObject({ state: "expired", until: "2026-11-20T10:10:12.000Z" });
});

it("ends by itself when it says, and only holds during its time intervals", async () => {
  const b = await bench({ yaml: YAML, services: ["svc-1", "svc-2"] });
  await add(b, { match: { resource: { id: ["svc-1"] } }, until: T0 + 5 * MINUTE });
  await add(b, { match: { resource: { id: ["svc-2"] } }, during: ["late"] });
  b.to(1);
  b.fail(0.5);
  await b.beats(9);
  b.fail(9.8, "Failed", "svc-2");
  await b.beats(20);
  expect(b.messages.map(line)).toEqual([
    "5 /ops new firing: svc-1 firing ×1(+1)",
    "12 /ops new firing: svc-2 firing ×1(+1)",
  ]);
});

it("whose time interval is gone from the configuration holds nothing back", async () => {
  const b = await bench({ yaml: YAML });
  await add(b, { during: ["gone"] });
  b.to(1);
  b.fail(0.5);
  await b.beats(3);
  expect(b.messages.map(line)).toEqual(["2 /ops new firing: svc-1 firing ×1(+1)"]);
});

it("loses nothing that came and went, however much longer it holds than `history` keeps it", async () => {
  const services = Array.from({ length: 30 }, (_, at) => `svc-${at}`);
  const yaml = YAML.replace("groupBy: [resource.id]", "groupBy: [rule]");
  const wrapStore = (store: Store): Store => ({ ...store, limits: { ...store.limits, items: 40 } });
  const b = await bench({ yaml: `${yaml}history: 1h`, services, wrapStore });
  await add(b, { until: T0 + 2 * 1_440 * MINUTE });
  b.to(1);
  for (const service of services) b.fail(0.5, "Failed", service);
  await b.beats(3);
  for (const service of services) b.recover(3.5, service);
  await b.beats(5);
  await b.rounds(2 * 1_440 + 60, 60);
  expect(b.messages.map(({ body }) => [body.reason, body.alerts.length, body.suppressed.silenced])).toEqual([
    ["digest", 30, 30],
  ]);
});

/** How often groups are read in the minutes in which so many alerts of one group end that are held back. */
async function groupsRead(alerts: number): Promise<number> {
  let read = 0;
  const wrapStore = (store: Store): Store => ({
    ...store,
    list(pk, options) {
      if (pk.startsWith("group/")) read++;
      return store.list(pk, options);
    },
  });
  const services = Array.from({ length: alerts }, (_, at) => `svc-${at}`);
  const yaml = YAML.replace("groupBy: [resource.id]", "groupBy: [rule]");
  const b = await bench({ yaml: `${yaml}history: 1h`, services, wrapStore });
  await add(b);
  b.to(1);
  for (const service of services) b.fail(0.5, "Failed", service);
  await b.beats(3);
  for (const service of services) b.recover(3.5, service);
  read = 0;
  await b.beats(12);
  return read;
}

it("is no reason to decide a group more often, however many alerts of it came and went", async () => {
  expect(await groupsRead(40)).toBe(await groupsRead(2));
});

it("counts what came and went while it held", async () => {
  const b = await bench({ yaml: YAML });
  await add(b, { until: T0 + 10 * MINUTE });
  b.to(1);
  b.fail(0.5);
  await b.beats(3);
  b.recover(3.5);
  await b.beats(12);
  expect(b.messages.map(line)).toEqual(["10 /ops digest resolved: svc-1 resolved ×1(+1)"]);
  expect(b.messages[0]!.body.suppressed).toEqual({ silenced: 1, muted: 0, inhibited: 0 });
});

it("counts what came and went in many groups in one message, and what still fires in those of its groups", async () => {
  const services = Array.from({ length: 20 }, (_, at) => `svc-${at}`);
  const b = await bench({ yaml: YAML, services });
  await add(b, { until: T0 + 10 * MINUTE });
  b.to(1);
  for (const service of services) b.fail(0.5, "Failed", service);
  await b.beats(3);
  for (const service of services.slice(2)) b.recover(3.5, service);
  await b.beats(20);
  expect(b.messages.map(({ body }) => [body.reason, body.alerts.length, body.suppressed.silenced]).sort()).toEqual([
    ["digest", 18, 18],
    ["new", 1, 0],
    ["new", 1, 0],
  ]);
  for (const service of services.slice(0, 4)) b.recover(20.5, service);
  await b.beats(25);
  expect(b.messages.slice(3).map(({ body }) => [body.reason, body.alerts.length])).toEqual([
    ["resolved", 1],
    ["resolved", 1],
  ]);
});

it("lets what came and went in one group go, though a message of another one cannot be delivered", async () => {
  const b = await bench({ yaml: YAML, services: ["svc-1", "svc-2"] });
  b.answer(({ body }) => ({ status: JSON.stringify(body.alerts).includes("Stuck") ? 500 : 200 }));
  b.to(1);
  b.fail(0.5, "Stuck");
  await b.beats(3);
  b.recover(3.5);
  await b.beats(5);
  await add(b, { from: T0 + 5 * MINUTE, until: T0 + 20 * MINUTE });
  for (const service of ["svc-1", "svc-2"]) b.fail(6.5, "Failed", service);
  await b.beats(8);
  for (const service of ["svc-1", "svc-2"]) b.recover(8.5, service);
  await b.beats(22);
  expect(b.messages.filter(({ body }) => body.reason === "digest").map(line)).toEqual([
    expect.stringMatching(/^20 \/ops digest .*svc-2/),
  ]);
});
