// An alert as Alertmanager has it: labels that identify it, annotations for people.
// https://prometheus.io/docs/alerting/latest/clients/
import type { NotifiedAlert } from "../../model/notification.ts";
import type { RenderContext } from "../port.ts";
import { fieldsText } from "./alert-lines.ts";
import { pageOf } from "./incident.ts";
import { characters, cut } from "./plain.ts";

const VALUE_CHARACTERS = 500;
const TEXT_CHARACTERS = 4_000;

export interface PrometheusAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  generatorURL: string;
}

/** `openEnd`: the end of an alert that still fires. */
export function prometheusAlert(
  alert: NotifiedAlert,
  test: boolean,
  openEnd: string,
  context: RenderContext,
): PrometheusAlert {
  const starts = instant(alert.startsAt, 0);
  const ends = alert.status === "resolved" ? Math.max(starts, instant(alert.endsAt ?? "", starts)) : undefined;
  return {
    labels: labelsOf(alert, test),
    annotations: annotationsOf(alert, test, context),
    startsAt: new Date(starts).toISOString(),
    endsAt: ends === undefined ? openEnd : new Date(ends).toISOString(),
    generatorURL: pageOf(alert, context) ?? "",
  };
}

/** Names that Prometheus takes; a user's label that has the name of another one gets "_" at its end. */
export function safeLabels(
  labels: Readonly<Record<string, unknown>>,
  into: Record<string, string> = {},
): Record<string, string> {
  for (const [name, value] of Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const text = bounded(typeof value === "string" ? value : JSON.stringify(value), VALUE_CHARACTERS);
    if (text === "") continue;
    let safe = name
      .replace(/[^A-Za-z0-9_]/g, "_")
      .replace(/^(?=\d|$)/, "_")
      .replace(/^__+/, "_");
    while (Object.hasOwn(into, safe)) safe += "_";
    into[safe] = text;
  }
  return into;
}

/** The alert's id is one of them: no other alert has the same. */
function labelsOf(alert: NotifiedAlert, test: boolean): Record<string, string> {
  const { rule, severity, connection, region, resource, id } = alert;
  const own = {
    alertname: rule,
    severity,
    alert_id: id,
    connection: connection ?? "",
    region: region ?? "",
    resource: resource?.name ?? "",
    resource_id: resource?.id ?? "",
    resource_type: resource?.type ?? "",
    test: test ? "true" : "",
  };
  return safeLabels(alert.labels, safeLabels(own));
}

function annotationsOf(alert: NotifiedAlert, test: boolean, { words }: RenderContext): Record<string, string> {
  const texts = {
    summary: (test ? "TEST: " : "") + (words?.title ?? alert.summary),
    description: words?.lines.join("\n") ?? alert.description,
    message: alert.events.at(-1)?.message ?? "",
    key: fieldsText(alert.key),
    count: String(alert.count),
    runbook_url: alert.runbook ?? "",
  };
  const bound = Object.entries(texts).map(([name, text]) => [name, bounded(text, TEXT_CHARACTERS)] as const);
  return Object.fromEntries(bound.filter(([, text]) => text !== ""));
}

function instant(iso: string, otherwise: number): number {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? otherwise : at;
}

function bounded(text: string, limit: number): string {
  return cut(text.toWellFormed().trim(), limit, characters);
}
