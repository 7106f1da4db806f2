// How severities look in a terminal, and which comes first.
import { type Alert, Severity } from "../../model/alert.ts";
import { lookup } from "../../model/lookup.ts";
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
