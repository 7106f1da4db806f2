// Which events are part of an alert: as `explain` finds out what an event did.
import type { Alert } from "../../model/alert.ts";
import type { Event } from "../../model/event.ts";
import { overflowTouch } from "../../rules/compile.ts";
import type { App } from "../deps.ts";
import { effectIn } from "./explain-effect.ts";
import { nameOf } from "./explain-reader.ts";
import { endedAlerts, openAlerts } from "./lists.ts";

/** Whether an event opened, counted in or ended one of the alerts, open or ended, that `wants`. */
export async function partOfAlerts(app: App, wants: (alert: Alert) => boolean): Promise<(event: Event) => boolean> {
  const alerts = [...(await openAlerts(app)).filter(wants), ...(await endedAlerts(app, wants))];
  const byKey = Map.groupBy(alerts, ({ rule, key }) => nameOf(rule, key));
  return (event) =>
    app.rules.touch(event).touches.some((touch) => {
      return [touch, overflowTouch(touch)].some((one) => {
        const known = byKey.get(nameOf(one.rule.config.id, one.key)) ?? [];
        return known.some((alert) => effectIn(one, event, alert) !== undefined);
      });
    });
}
