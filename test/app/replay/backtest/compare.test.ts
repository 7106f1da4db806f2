// Comparing what two configurations would have notified where there is more than a report lists.
import { expect, it } from "vitest";
import { compareOutcomes } from "../../../../lib/app/replay/backtest/compare.ts";
import { createTally } from "../../../../lib/app/replay/backtest/tally.ts";
import type { Alert } from "../../../../lib/model/alert.ts";
import { START } from "../../../support/event.ts";

const NOTHING = { silenced: 0, muted: 0, inhibited: 0 };

/** As many alerts, one a second, each in a message of its own; then those of a rule that is noisier. */
function outcomeOf(rules: readonly string[], seconds: number) {
  const tally = createTally(rules);
  for (let second = 0; second < seconds; second++) {
    for (const rule of rules) {
      const at = START + second * 1_000;
      const startsAt = new Date(at).toISOString();
      const alert: Alert = {
        id: `${rule}-${second}`,
        rule,
        status: "firing",
        severity: "error",
        summary: "It failed",
        description: "",
        key: { n: second },
        labels: {},
        connection: "prod",
        source: "service-events",
        region: "eu-de",
        resource: null,
        startsAt,
        updatedAt: startsAt,
        endsAt: null,
        count: 1,
        acknowledgedBy: null,
        suppressedBy: [],
        runbook: null,
        events: [],
      };
      tally.transition({ kind: "opened", alert });
      const notified = { ...alert, newCount: 1 };
      const rest = { version: "1", id: "", group: {}, reason: "new", suppressed: NOTHING } as const;
      tally.message(at, { ...rest, channel: "ops", status: "firing", alerts: [notified] });
    }
  }
  return tally.outcome(1, new Map());
}

it("never says that one of them alone has what the other has no room to list", () => {
  const quiet = outcomeOf(["a"], 15_000);
  const noisy = outcomeOf(["a", "b"], 15_000);
  expect(noisy.unlisted).toEqual({ alerts: 10_000, messages: 10_000 });
  const { alerts, messages, changed, comparedTo, totals } = compareOutcomes(quiet, noisy);
  expect(totals.alerts).toEqual({ this: 15_000, other: 30_000 });
  const end = new Date(START + 10_000_000).toISOString();
  expect(comparedTo).toEqual({ alerts: end, messages: end });
  expect([alerts.this, messages.this, changed]).toEqual([[], [], []]);
  expect([alerts.other.length, messages.other.length]).toEqual([10_000, 10_000]);
  expect(compareOutcomes(quiet, quiet).comparedTo).toEqual({ alerts: null, messages: null });
});
