// The ledger adds up: per source what was fetched, per channel what became of every alert.
import { describe, expect, it } from "vitest";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { bench, MINUTE, T0 } from "../support.ts";

describe("the ledger", () => {
  it("reconciles fetched with seen, malformed and new, and alerts with notified, pending, held and dead", async () => {
    const b = await bench({
      services: ["svc-1", "svc-2", "svc-3", "svc-4"],
      yaml: `
rules:
  - id: broken
    when: { level: [error] }
    resolve: { when: { source: [service-events], level: [normal] } }
route:
  channels: [ops]
  groupBy: ["..."]
  routes:
    - { match: { resource: { id: [svc-2] } }, channels: [refusing] }
    - { match: { resource: { id: [svc-3] } }, channels: [slow] }
channels:
  ops: { type: webhook, url: HOOK/ops }
  refusing: { type: webhook, url: HOOK/refusing }
  slow: { type: webhook, url: HOOK/slow }
health: { channels: [ops] }
silences: [{ match: { resource: { id: [svc-4] } }, until: "${new Date(T0 + 60 * MINUTE).toISOString()}" }]`,
    });
    b.answer(({ to }) => {
      if (to === "/refusing") return { status: 404 };
      return to === "/slow" ? { status: 503, headers: { "retry-after": "900" } } : { status: 200 };
    });
    b.to(1);
    for (const service of ["svc-1", "svc-2", "svc-3", "svc-4"]) b.fail(0.5, "Failed", service);
    b.recover(0.7);
    await b.rounds(4);
    const { ledger, channels } = await readStatus(b.app);
    const [counts] = Object.values(ledger["service-events"]!);
    expect(counts).toMatchObject({ new: 5, matched: 4, unmatched: 1, malformed: 0 });
    expect(counts!.fetched).toBe(counts!.seen + counts!.malformed + counts!.new);
    // On ops: what was notified and resolved, what is silenced, and Lookout's own word about the dead delivery.
    expect(channels).toEqual({
      ops: { alerts: 3, notified: 2, pending: 0, held: { silenced: 1, muted: 0, inhibited: 0 }, dead: 0, passed: 0 },
      refusing: {
        alerts: 1,
        notified: 0,
        pending: 0,
        held: { silenced: 0, muted: 0, inhibited: 0 },
        dead: 1,
        passed: 0,
      },
      slow: { alerts: 1, notified: 0, pending: 1, held: { silenced: 0, muted: 0, inhibited: 0 }, dead: 0, passed: 0 },
    });
  });
});
