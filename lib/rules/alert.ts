// An alert's own life: opened by an event, counting what matches, ended in event time. Values in, new values out.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import { hashOf } from "../model/hash.ts";
import { iso } from "../model/iso.ts";
import { oneLine } from "../model/printable.ts";
import type { Severity } from "../model/severity.ts";
import type { Level } from "../model/source-kinds.ts";
import type { CompiledRule } from "./compile.ts";
import type { Unrendered } from "./state.ts";
import type { Template, TemplateScope } from "./template.ts";

/** An alert has its newest events in full, as many as these. */
export const KEPT_EVENTS = 20;
const MAX_ERROR = 300;
const SEVERITY: Record<Level, Severity> = { normal: "info", warning: "warning", error: "error", critical: "critical" };

/** An alert that has just opened, and which of its templates failed: a default stands in their place. */
interface Opened {
  alert: Alert;
  unrendered: Unrendered;
}

/**
 * Opens an alert. `events` are what it has counted so far, ascending; `count` their occurrences; `startsAt` in ms.
 * `seed` names it where it is not the opening event that does.
 */
export function openAlert(
  rule: CompiledRule,
  key: Record<string, unknown>,
  opening: Event,
  events: readonly Event[],
  count: number,
  startsAt: number,
  seed: string = opening.id,
): Opened {
  const config = rule.config;
  const first = events[0] ?? opening;
  const alert: Alert = {
    id: alertId(rule, key, seed),
    rule: config.id,
    status: "firing",
    severity: config.severity ?? SEVERITY[opening.level],
    summary: "",
    description: "",
    key,
    labels: { ...opening.labels, ...config.labels },
    connection: first.connection,
    source: first.source,
    region: first.region,
    resource: first.resource,
    startsAt: iso(startsAt),
    updatedAt: opening.time > iso(startsAt) ? opening.time : iso(startsAt),
    endsAt: null,
    count,
    acknowledgedBy: null,
    suppressedBy: [],
    runbook: config.runbook ?? null,
    events: [],
  };
  for (const event of events) keepEvent(alert, event);
  const scope: TemplateScope = {
    event: opening,
    alert,
    rule: { id: config.id, labels: config.labels, runbook: alert.runbook },
  };
  const unrendered: Unrendered = [];
  const render = (field: Unrendered[number]["field"], template: Template | undefined): string | undefined => {
    try {
      return template?.(scope);
    } catch (error) {
      unrendered.push({ field, error: (error as Error).message.slice(0, MAX_ERROR) });
      return undefined;
    }
  };
  const summary = render("summary", rule.summary) ?? "";
  // Services refuse a message that says nothing.
  alert.summary = oneLine(summary) === "" ? `${opening.resource.name}: ${opening.message}` : summary;
  alert.description = render("description", rule.description) ?? "";
  return { alert, unrendered };
}

export function alertId({ config }: CompiledRule, key: Record<string, unknown>, seed: string): string {
  return hashOf([config.id, key, seed]);
}

/** The alert with `count` occurrences, these events among them. A copy is returned. */
export function countEvents(alert: Alert, events: readonly Event[], count: number): Alert {
  const next: Alert = { ...alert, count, events: [...alert.events] };
  const known = new Set(alert.events.map(({ id }) => id));
  for (const event of events) {
    if (known.has(event.id)) continue;
    known.add(event.id);
    keepEvent(next, event);
    if (event.time > next.updatedAt) next.updatedAt = event.time;
  }
  return next;
}

/** The newest 20 of these, each once, oldest first. */
export function newestEvents(events: readonly Event[]): Event[] {
  const unique = new Map(events.map((event) => [event.id, event]));
  return [...unique.values()].sort((a, b) => Date.parse(a.time) - Date.parse(b.time)).slice(-KEPT_EVENTS);
}

/** Ends the alert at `at` (ms, event time or a deadline). */
export function endAlert(alert: Alert, at: number): Alert {
  return { ...alert, status: "resolved", endsAt: iso(at), updatedAt: iso(at) };
}

/** Keeps the newest 20 by time, oldest first, and clears what the alert's events do not share. */
function keepEvent(alert: Alert, event: Event): void {
  let at = alert.events.length;
  while (at > 0 && alert.events[at - 1]!.time > event.time) at--;
  alert.events.splice(at, 0, event);
  if (alert.events.length > KEPT_EVENTS) alert.events.shift();
  if (alert.connection !== event.connection) alert.connection = null;
  if (alert.source !== event.source) alert.source = null;
  if (alert.region !== event.region) alert.region = null;
  if (alert.resource?.id !== event.resource.id || alert.resource.type !== event.resource.type) alert.resource = null;
}
