// Lookout's own alerts: what it says when it cannot do its work, and that one failure stops nothing else.
import { describe, expect, it } from "vitest";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { bench, line } from "../support.ts";

const yaml = (more = "") => `
rules: [{ id: broken, when: { level: [error] } }]
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" }, watch: { type: webhook, url: "HOOK/watch" } }
health: { channels: [watch], lag: 15m }
${more}`;

describe("Lookout's own health", () => {
  it("rests a connection after two refusals, says so, and goes on when it is let in again", async () => {
    const b = await bench({ yaml: yaml(), env: { HW_SECRET_KEY: "wrong" } });
    await b.rounds(9);
    const asked = b.sim.requests["service-events"];
    expect(asked).toBe(2);
    expect(b.messages.map(line)).toEqual(["2 /watch new firing: prod firing ×1(+1)"]);
    expect(b.messages[0]!.body.alerts[0]).toMatchObject({ rule: "lookout-unhealthy", connection: "prod" });
    const status = await readStatus(b.app);
    expect(status).toMatchObject({ healthy: false, connections: [{ name: "prod", state: "paused" }] });
    expect(JSON.stringify([status, b.messages])).not.toContain("wrong");
  });

  it("goes on at once with other credentials, whatever the old ones earned", async () => {
    const b = await bench({ yaml: yaml(), env: { HW_SECRET_KEY: "wrong" } });
    await b.rounds(4);
    b.setEnv({ HW_SECRET_KEY: b.sim.credentials.secretKey });
    await b.reload(yaml());
    b.to(5);
    expect((await b.round()).polls[0]!.failing).toEqual({});
  });

  it("keeps the floor of a first poll that failed, so that what happened meanwhile is notified", async () => {
    const b = await bench({ yaml: yaml() });
    b.sim.setFaults([{ kind: "status", status: 500 }]);
    b.to(1);
    await b.round();
    b.fail(2, "Failed while nobody could look");
    await b.rounds(40, 10);
    b.sim.setFaults([]);
    await b.rounds(60, 10);
    expect(b.messages.filter(({ to }) => to === "/ops").map(line)).toEqual(["50 /ops new firing: svc-1 firing ×1(+1)"]);
  });

  it("notifies of a target unread for longer than the lag, reads the others meanwhile, and catches up", async () => {
    const b = await bench({ yaml: yaml(), services: ["svc-1", "svc-2"] });
    await b.rounds(2);
    b.sim.setFaults([{ kind: "status", status: 500, url: /svc-1/ }]);
    b.fail(3, "Failed while nobody could look");
    b.fail(4, "Failed", "svc-2");
    await b.rounds(20);
    b.sim.setFaults([]);
    await b.rounds(45);
    expect(
      b.messages
        .map(line)
        .map((text) => text.replace(/^[\d.]+ /, ""))
        .sort(),
    ).toEqual([
      "/ops new firing: svc-1 firing ×1(+1), svc-2 firing ×1(+0)",
      "/ops new firing: svc-2 firing ×1(+1)",
      "/watch new firing: service-events/svc-1 firing ×1(+1)",
      "/watch resolved resolved: service-events/svc-1 resolved ×1(+0)",
    ]);
    const unread = b.messages.find(({ body }) => body.alerts[0].rule === "lookout-unhealthy")!;
    expect(unread.at).toBeGreaterThan(2 + 15);
    expect(unread.at).toBeLessThan(2 + 17);
    expect(await readStatus(b.app)).toMatchObject({ healthy: true });
  });

  it("notifies of dead deliveries until they are dealt with", async () => {
    const b = await bench({ yaml: yaml() });
    b.answer(({ to }) => ({ status: to === "/ops" ? 404 : 200 }));
    b.to(1);
    b.fail(0.5);
    await b.round();
    expect(b.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "1 /watch new firing: ops firing ×1(+1)",
    ]);
    expect(await readStatus(b.app)).toMatchObject({ healthy: false, deliveries: { pending: 0, dead: 1 } });
  });

  it("is exempt from silences that do not name it", async () => {
    const silences = 'silences: [{ match: { severity: ["error", "critical", "warning", "info"] } }]';
    const b = await bench({ yaml: yaml(silences), env: { HW_SECRET_KEY: "wrong" } });
    await b.rounds(4);
    expect(b.messages).toHaveLength(1);
  });

  it("asks for the heartbeat after each healthy round only", async () => {
    const b = await bench({ yaml: yaml().replace("lag: 15m", 'lag: 15m, heartbeat: "HOOK/beat"') });
    await b.rounds(3);
    const beats = () => b.messages.filter(({ to }) => to === "/beat").length;
    expect(beats()).toBe(3);
    b.sim.setFaults([{ kind: "status", status: 500 }]);
    await b.rounds(30);
    const before = beats();
    await b.rounds(33);
    expect(beats()).toBe(before);
  });
});
