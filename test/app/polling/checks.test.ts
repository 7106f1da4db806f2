// Health checks through the whole application: states become alerts that end by themselves, two sources divide a list,
// and a look at a thousand services that finds nothing writes nothing.
import { describe, expect, test } from "vitest";
import { readStatus } from "../../../lib/app/queries/status.ts";
import type { ServiceStatus } from "../../../lib/simulator/shapes.ts";
import type { Store } from "../../../lib/store/port.ts";
import { type Bench, bench, line } from "../support.ts";

const OPS =
  "channels: { ops: { type: webhook, url: HOOK/ops } }\nroute: { groupBy: [resource.id], groupInterval: 1m }\n";

function become({ sim }: Bench, service: string, status: ServiceStatus): void {
  sim.world.services.get(service)!.row.status = status;
}

describe("a service", () => {
  const yaml = `${OPS}sources: [{ kind: service-status }]\nrules: [{ include: health/services }]\n`;

  test("that has failed is notified once, also after a restart, and resolved once it runs", async () => {
    const made = await bench({ yaml, services: ["svc-1", "svc-2"] });
    become(made, "svc-1", "failed");
    await made.rounds(2);
    await made.reload(yaml);
    await made.rounds(4);
    become(made, "svc-1", "running");
    await made.rounds(6);
    expect(made.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "5 /ops resolved resolved: svc-1 resolved ×1(+0)",
    ]);
    const { healthy, targets } = await readStatus(made.app);
    expect(healthy).toBe(true);
    expect(targets.map(({ source, target, error }) => [source, target, error])).toEqual([
      ["service-status", "service-status", null],
    ]);
  });

  test("that is in trouble for ten minutes is notified then, one that recovers in time never", async () => {
    const made = await bench({ yaml, services: ["svc-1", "svc-2"] });
    become(made, "svc-1", "concerning");
    become(made, "svc-2", "concerning");
    await made.rounds(8);
    become(made, "svc-2", "running");
    await made.rounds(14);
    become(made, "svc-1", "running");
    await made.rounds(16);
    expect(made.messages.map(line)).toEqual([
      "11 /ops new firing: svc-1 firing ×1(+1)",
      "15 /ops resolved resolved: svc-1 resolved ×1(+0)",
    ]);
  });

  test("that is deleted while its alert is open ends it", async () => {
    const made = await bench({ yaml });
    become(made, "svc-1", "failed");
    await made.rounds(2);
    made.sim.world.services.delete("svc-1");
    await made.rounds(6);
    expect(made.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "5 /ops resolved resolved: svc-1 resolved ×1(+0)",
    ]);
  });

  test("belongs to the source that names it, or whose filter takes it, with that one's labels", async () => {
    const sources = `sources:
  - { id: named, kind: service-status, targets: [{ id: svc-1, labels: { tier: gold } }], labels: { team: a } }
  - { id: prod, kind: service-status, discover: { name: "prod-*" }, labels: { team: b } }
  - { id: running, kind: service-status, discover: { status: [running] }, labels: { team: c } }
`;
    const rules =
      'rules: [{ id: any, when: { source: [service-status] }, by: [resource.id, type], summary: "{{ event.labels.team }}" }]\n';
    const made = await bench({ yaml: OPS + sources + rules, services: ["svc-1", "prod-1", "svc-2", "svc-3"] });
    for (const service of ["svc-1", "prod-1", "svc-3"]) become(made, service, "failed");
    await made.rounds(1);
    become(made, "svc-2", "failed");
    await made.rounds(2);
    const seen = made.messages.flatMap(({ body }) =>
      body.alerts.flatMap((alert: { events: unknown[] }) => alert.events),
    );
    const found = new Map(seen.map((event) => [event.id, `${event.resource.id} ${event.type} ${event.sourceId}`]));
    expect([...found.values()].sort()).toEqual([
      "prod-1 failed prod",
      "svc-1 failed named",
      "svc-2 failed running",
      "svc-2 running running",
    ]);
    expect(seen.find((event) => event.resource.id === "svc-1").labels).toEqual({ team: "a", tier: "gold" });
  });

  const eachOf = (sources: string) =>
    `${OPS}sources:\n${sources}rules: [{ id: any, when: { source: [service-status] }, by: [id], summary: "{{ event.type }} {{ event.sourceId }}" }]\n`;
  const said = ({ messages }: Bench) =>
    messages.flatMap(({ body }) =>
      body.alerts.flatMap((alert: { newCount: number; summary: string }) => (alert.newCount ? [alert.summary] : [])),
    );

  test("that comes to match another source's filter is reported by that one alone, and by none as gone", async () => {
    const sources = `  - { id: up, kind: service-status, discover: { status: [running] } }
  - { id: down, kind: service-status, discover: { status: [failed] } }
`;
    const made = await bench({ yaml: eachOf(sources) });
    await made.rounds(2);
    become(made, "svc-1", "failed");
    await made.rounds(6);
    become(made, "svc-1", "running");
    await made.rounds(10);
    expect(said(made)).toEqual(["running up", "failed down", "running up"]);
  });

  test("that another source comes to name is reported by that one alone from then on", async () => {
    const all = "  - { id: all, kind: service-status }\n";
    const made = await bench({ yaml: eachOf(all) });
    await made.rounds(2);
    await made.reload(eachOf(`${all}  - { id: own, kind: service-status, targets: [svc-1] }\n`));
    await made.rounds(3);
    become(made, "svc-1", "failed");
    await made.rounds(8);
    expect(said(made)).toEqual(["running all", "running own", "failed own"]);
  });

  test("a list that cannot be read makes the source unread, and no service gone", async () => {
    const made = await bench({ yaml });
    await made.rounds(1);
    made.sim.setFaults([{ on: "services", kind: "status", status: 403 }]);
    await made.rounds(6);
    const [target] = (await readStatus(made.app)).targets;
    expect(target).toMatchObject({ target: "service-status", error: expect.stringContaining("403") });
    made.sim.setFaults([]);
    await made.rounds(12);
    expect(made.messages).toEqual([]);
  });
});

test("one of two hundred services that is deleted is gone once, however long ago that was", async () => {
  const rules = "rules: [{ id: gone, when: { source: [service-status], type: [gone] }, by: [id] }]\n";
  const services = Array.from({ length: 200 }, (_, index) => `svc-${index}`);
  const made = await bench({ yaml: `${OPS}sources: [{ kind: service-status }]\n${rules}`, services });
  await made.rounds(1);
  // What is remembered of another one is written, too, and then not again for a long time.
  become(made, "svc-1", "failed");
  made.sim.world.services.delete("svc-0");
  await made.rounds(20);
  expect(made.messages.map(line)).toEqual(["4 /ops new firing: svc-0 firing ×1(+1)"]);
});

test("a thousand services that do not change cost one request, one read of their state and no write of it", async () => {
  const counts = { gets: 0, commits: 0 };
  const wrapStore = (store: Store): Store => ({
    ...store,
    get: async (key) => {
      if (key.pk.startsWith("target/")) counts.gets++;
      return store.get(key);
    },
    commit: async (ops) => {
      if (ops.some(({ pk }) => pk.startsWith("target/"))) counts.commits++;
      return store.commit(ops);
    },
  });
  const yaml = `${OPS}sources: [{ kind: service-status }]\nrules: [{ include: health/services }]\n`;
  const services = Array.from({ length: 999 }, (_, index) => `svc-${index}`);
  const made = await bench({ yaml, services, wrapStore });
  await made.rounds(1);
  for (const minute of [2, 3, 4]) {
    Object.assign(counts, { gets: 0, commits: 0 });
    const before = made.sim.requests.services;
    await made.rounds(minute);
    expect({ ...counts, requests: made.sim.requests.services - before }).toEqual({ gets: 1, commits: 0, requests: 1 });
  }
});
