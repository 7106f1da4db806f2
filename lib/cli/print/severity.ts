// How severities look in a terminal, and which comes first.
import type { Alert } from "../../model/alert.ts";
import { lookup } from "../../model/lookup.ts";
import { Severity } from "../../model/severity.ts";
import type { Style } from "../io.ts";

const STYLES: Record<string, Style> = {
  critical: ["bold", "red"],
  error: "red",
  warning: "yellow",
  info: "cyan",
  resolved: "green",
};

export function severityStyle(state: string): Style {
  return lookup(STYLES, state) ?? "reset";
}

/** The most urgent first. */
export function bySeverity(a: Pick<Alert, "severity">, b: Pick<Alert, "severity">): number {
  return Severity.options.indexOf(a.severity) - Severity.options.indexOf(b.severity);
}

/** What is notified before what is held back, such as what follows from another alert; then the most urgent first. */
export function byNeed(a: Pick<Alert, "severity" | "suppressedBy">, b: typeof a): number {
  return Number(a.suppressedBy.length > 0) - Number(b.suppressedBy.length > 0) || bySeverity(a, b);
}
