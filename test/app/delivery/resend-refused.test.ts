// Incidents that are sent again to a destination which refuses them: what died is tried anew, not piled up.
import { describe, expect, it } from "vitest";
import { listDead, listDeliveries } from "../../../lib/app/delivery/deliver.ts";
import { type Bench, bench, line } from "../support.ts";

const yaml = `
rules: [{ id: broken, when: { level: [error] }, by: [resource.id], resolve: { when: { source: [service-events], level: [normal] } } }]
route: { channels: [ops] }
health: { channels: [quiet] }
channels:
  ops: { type: alertmanager, url: "HOOK/ops", fallback: spare }
  spare: { type: webhook, url: "HOOK/spare" }
  quiet: { type: console }`;

const spare = (b: Bench) => b.messages.filter(({ to }) => to === "/spare").map(line);

/** The destination refuses everything that is about the alert. */
async function refused(status: number): Promise<Bench> {
  const b = await bench({ yaml });
  b.answer(({ to }) => ({ status: to === "/spare" ? 200 : status }));
  b.fail(0.5);
  await b.beats(8);
  return b;
}

describe.each([401, 410])("an incident that is refused each time with %i", (status) => {
  it("goes to the fallback once, and is one dead delivery", async () => {
    const b = await refused(status);
    expect(spare(b)).toEqual(["1 /spare new firing: svc-1 firing ×1(+1)"]);
    expect(await listDead(b.app)).toHaveLength(1);
    expect((await listDeliveries(b.app)).filter(({ channel }) => channel === "ops")).toHaveLength(1);
  });

  it("says its end to the fallback, too", async () => {
    const b = await refused(status);
    b.recover(8.5);
    await b.beats(10);
    expect(spare(b)).toHaveLength(2);
    expect(spare(b)[1]).toMatch(/resolved: svc-1 resolved/);
  });
});

describe("an incident that was refused", () => {
  it("is delivered by a later sending, as the delivery that was dead", async () => {
    const b = await refused(401);
    b.answer(() => ({ status: 200 }));
    b.fail(8.5);
    await b.beats(10);
    expect(await listDead(b.app)).toEqual([]);
    const [first] = (await listDeliveries(b.app)).filter(({ channel }) => channel === "ops");
    expect(first).toMatchObject({ status: "delivered", notification: { reason: "new", alerts: [{ count: 2 }] } });
  });
});
