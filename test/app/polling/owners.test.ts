// A target has one source of its kind: the first that would have it, from where any other was before.
import { describe, expect, it } from "vitest";
import { openAlerts, seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { type Bench, bench, MINUTE, T0 } from "../support.ts";

const RULES = `
rules: [{ id: any, when: { level: [error] }, by: [] }]
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const services = ["prod-1", "prod-2", "dev-1"];

async function readers({ app }: Bench) {
  return (await seenEvents(app, 0)).map(({ time, sourceId, resource }) => {
    return `${(Date.parse(time) - T0) / MINUTE} ${resource.id} ${sourceId}`;
  });
}

describe("two sources of a kind", () => {
  it.each([
    ["that discover the same: the first has it", "discover: { name: 'prod-*' }", "", "first", "second"],
    ["of which one names what the other discovers: the one that names it", "", "targets: [dev-1]", "first", "second"],
  ])("%s", async (_, first, second, prod, dev) => {
    const yaml = `
sources:
  - { id: first, kind: service-events, ${first} }
  - { id: second, kind: service-events, ${second} }
${RULES}`;
    const b = await bench({ services, yaml });
    b.to(1);
    for (const service of services) b.fail(0.5, "boom", service);
    await b.rounds(8);
    for (const service of services) b.fail(7.5, "boom", service);
    await b.rounds(10);
    const expected = [0.5, 7.5].flatMap((at) => [`${at} prod-1 ${prod}`, `${at} prod-2 ${prod}`, `${at} dev-1 ${dev}`]);
    expect((await readers(b)).sort()).toEqual(expected.sort());
    const { targets } = await readStatus(b.app);
    expect(targets.map(({ source, target }) => `${source} ${target}`).sort()).toEqual(
      [`${prod} prod-1`, `${prod} prod-2`, `${dev} dev-1`].sort(),
    );
  });

  it.each([
    ["", "prod"],
    [" through another connection, too", "other"],
  ])("divide what changes its state: the other one goes on from where it was%s", async (_, connection) => {
    const yaml = `
sources:
  - { id: up, kind: service-events, connection: prod, discover: { status: [running] } }
  - { id: down, kind: service-events, connection: ${connection}, discover: { status: [failed] } }
${RULES}`;
    const b = await bench({ services: ["svc-1"], yaml, more: { other: "region: eu-de" } });
    const { row } = b.sim.world.services.get("svc-1")!;
    b.to(1);
    b.fail(0.5);
    await b.rounds(4);
    row.status = "failed";
    b.fail(4.5);
    await b.rounds(12);
    b.fail(12.5);
    await b.rounds(14);
    row.status = "running";
    b.fail(14.5);
    await b.rounds(24);
    expect((await readers(b)).map((one) => one.split(" ")[0])).toEqual(["0.5", "4.5", "12.5", "14.5"]);
    expect((await openAlerts(b.app)).map(({ count }) => count)).toEqual([4]);
    const { ledger } = await readStatus(b.app);
    const found = Object.values(ledger).map((days) => Object.values(days).reduce((sum, day) => sum + day.new, 0));
    expect(found.reduce((a, b) => a + b)).toBe(4);
  });
});

describe("a rule over silent targets", () => {
  const rule = `
rules: [{ id: mute, when: { source: [service-events] }, absence: { for: 10m, over: targets } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

  it("goes on where another source has the target now", async () => {
    const yaml = `
sources:
  - { id: up, kind: service-events, discover: { status: [running] } }
  - { id: down, kind: service-events, discover: { status: [failed] } }
${rule}`;
    const b = await bench({ services: ["svc-1"], yaml });
    await b.rounds(4);
    b.sim.world.services.get("svc-1")!.row.status = "failed";
    await b.rounds(22);
    expect(b.messages.map(({ body }) => body.reason)).toEqual(["new"]);
  });

  it("begins again where a target that had ended is back", async () => {
    const sources = "sources: [{ kind: service-events, discover: { status: [running] } }]";
    const b = await bench({ services: ["svc-1"], yaml: `${sources}\n${rule}` });
    const { row } = b.sim.world.services.get("svc-1")!;
    await b.rounds(4);
    row.status = "stopped";
    await b.rounds(40, 2);
    expect(b.messages).toEqual([]);
    row.status = "running";
    await b.rounds(60, 2);
    expect(b.messages.map(({ body }) => body.reason)).toEqual(["new"]);
  });
});
