// How severities look in a terminal.
import { lookup } from "../model/lookup.ts";
import type { Style } from "./io.ts";

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
