// Words of an API and names of a configuration that every JavaScript object knows: they are names like any other.
import { describe, expect, it } from "vitest";
import { endedAlerts, openAlerts } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { bench, T0 } from "../support.ts";

const WORDS = ["constructor", "__proto__", "toString", "valueOf", "hasOwnProperty", "prototype"];
const REST = `
rules: [{ id: any, when: { message: [{ exists: true }] }, by: [message] }]
route: { channels: [ops, chat], groupWait: 0s }
channels: { ops: { type: webhook, url: "HOOK/ops" }, chat: { type: slack, url: "HOOK/chat" } }
`;

/** The body with this word in every text of its items that names a kind of thing. */
function says(word: string) {
  return (body: unknown): unknown =>
    JSON.parse(JSON.stringify(body), (key, value) =>
      /^(event_type|type|reason|level|result|source|event_level)$/.test(key) ? word : value,
    );
}

const KINDS = ["service-events", "service-updates", "pool-events", "training-events", "cloud-eye-events"] as const;

describe.each(["constructor", "__proto__"])("an API that says %s where it names a type", (word) => {
  it.each(KINDS)("%s: the event has a level, its alert is listed and notified with two real ones", async (kind) => {
    const b = await bench({
      yaml: `sources: [{ kind: ${kind}, lookback: 1h }, { kind: service-events, id: real }]${REST}`,
    });
    const now = T0;
    b.answer(() => ({ status: 200, body: "ok" }));
    b.sim.world.addService({ service_id: "odd", service_name: "odd" });
    b.sim.world.addPool({ id: "odd", name: "odd" });
    b.sim.world.addJob({ id: "odd", name: "odd" });
    b.to(1);
    await b.beat();
    b.sim.world.addServiceEvents("odd", [{ occur_time: now, event_type: "normal", event_info: "odd" }]);
    b.sim.world.addUpdateLog("odd", { update_time: now, result: "SUCCESS", config: [] } as never);
    b.sim.world.addPoolEvent("odd", { time: now, type: "Normal", reason: "r", message: "odd" });
    b.sim.world.addTrainingEvents("odd", [{ time: now, level: "Info", source: "Job", message: "odd" } as never]);
    b.sim.world.addCloudEyeEvents([
      { event_id: "1", event_name: "odd", event_source: "SYS.ECS", time: now, detail: {} } as never,
    ]);
    b.fail(0.5, "Failed A");
    b.fail(0.6, "Failed B");
    b.sim.setFaults([{ kind: "instead", answer: says(word), url: /odd|V1.0/ }]);
    await b.beats(8);
    const all = [...(await endedAlerts(b.app)), ...(await openAlerts(b.app))];
    for (const { severity } of all) expect(["info", "warning", "error", "critical"]).toContain(severity);
    const notified = b.messages.filter(({ to }) => to === "/ops").flatMap(({ body }) => body.alerts);
    expect(
      new Set(notified.map(({ events }) => events[0].message)).isSupersetOf(new Set(["Failed A", "Failed B"])),
    ).toBe(true);
    expect(all.length).toBeGreaterThanOrEqual(3);
    expect(b.messages.some(({ to }) => to === "/chat")).toBe(true);
    expect((await readStatus(b.app)).deliveries).toEqual({ pending: 0, dead: 0 });
  });
});

describe("targets, sources, rules and channels that are named so", () => {
  it("fail, are read again, and stand in status by their own names", async () => {
    const names = WORDS.filter((word) => word !== "__proto__");
    const channels = names.map((name) => `${name}: { type: webhook, url: "HOOK/${name}" }`).join(", ");
    const b = await bench({
      services: WORDS,
      yaml: `
sources: [${names.map((id, at) => `{ id: ${id}, kind: ${at === 0 ? "service-events" : "service-updates"}, targets: ${JSON.stringify(at === 0 ? WORDS : [WORDS[at]])} }`).join(", ")}]
rules: [${names.map((id) => `{ id: ${id}, when: { level: [error] }, by: [resource.id, labels.constructor, __proto__] }`).join(", ")}]
route: { channels: [${names.join(", ")}], groupWait: 0s, groupInterval: 1m }
channels: { ${channels} }
`,
    });
    b.sim.setFaults([{ kind: "status", status: 404 }]);
    b.to(1);
    await b.beat();
    const failing = await readStatus(b.app);
    expect(failing.targets.filter(({ source }) => source === "constructor")).toMatchObject(
      WORDS.map((target) => ({ target, lastReadAt: null, error: expect.stringContaining("404") })),
    );
    b.sim.setFaults([]);
    for (const word of WORDS) b.fail(1.5, "Failed", word);
    b.to(2);
    await b.beat();
    const { targets } = await readStatus(b.app);
    expect(targets.filter(({ error }) => error !== null)).toEqual([]);
    expect((await openAlerts(b.app)).length).toBe(WORDS.length * names.length);
    b.fail(3.5, "Failed again", "__proto__");
    await b.beats(6);
    const counts = names.map((name) => b.messages.filter(({ to }) => to === `/${name}`).length);
    expect(new Set(counts).size).toBe(1);
    expect(counts[0]).toBeGreaterThanOrEqual(2);
  });
});
