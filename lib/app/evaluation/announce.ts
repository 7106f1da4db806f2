// The account of alerts: a line in the log for each that opens or resolves, and a count of those that opened. A
// replay's log says nothing (recording-app.ts).
import { durationText } from "../../channels/message/duration-text.ts";
import type { Transition } from "../../rules/state.ts";
import type { App } from "../deps.ts";

const SHORT_ID = 8;

/** To be called once for each commit, after it. */
export function announce({ log, counters }: Pick<App, "log" | "counters">, transitions: readonly Transition[]): void {
  for (const { kind, alert } of transitions) {
    if (kind === "updated") continue;
    if (kind === "opened") counters.count("alerts", { severity: alert.severity });
    const lasted = kind === "opened" || alert.endsAt === null ? "" : durationText(alert.startsAt, alert.endsAt);
    log.info(kind === "opened" ? "alert opened" : "alert resolved", {
      id: alert.id.slice(0, SHORT_ID),
      severity: alert.severity,
      rule: alert.rule,
      resource: alert.resource?.name ?? "",
      summary: alert.summary,
      ...(lasted === "" ? {} : { lasted }),
    });
  }
}

/** A rule was removed, or means something else now: so many of its alerts have closed. */
export function announceClosed({ log }: Pick<App, "log">, rule: string, count: number): void {
  if (count > 0) log.info("alerts closed: their rule was removed or changed", { rule, count });
}
