// An alert that no rule has opened: for a test notification, and to ask where one would go.
import type { Alert } from "../model/alert.ts";

/** What is not given has a default; it fires since `now` (ISO). */
export function madeUpAlert(given: Pick<Alert, "id"> & Partial<Alert>, now: string): Alert {
  return {
    rule: "",
    status: "firing",
    severity: "error",
    summary: "",
    description: "",
    key: {},
    labels: {},
    connection: null,
    source: null,
    region: null,
    resource: null,
    startsAt: now,
    updatedAt: now,
    endsAt: null,
    count: 1,
    acknowledgedBy: null,
    suppressedBy: [],
    runbook: null,
    events: [],
    ...given,
  };
}
