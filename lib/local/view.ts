// What a person sees of a running Lookout: the sources, the open alerts and where each goes, and the latest news. Pure text.
import type { Alert } from "../model/alert.ts";

export type Paint = (style: "title" | "dim" | "good" | "bad" | string, text: string) => string;

export interface SourceLine {
  id: string;
  polls: number;
  events: number;
  targets: number;
  /** ms; when it was last polled. */
  at: number | undefined;
  failing: number;
}

export interface OpenLine {
  alert: Pick<Alert, "id" | "severity" | "rule" | "summary" | "count">;
  /** ms; when it was first seen here. */
  since: number;
  /** `chat (slack)` */
  to: string;
}

export interface NewsLine {
  /** ms */
  at: number;
  what: "FIRING" | "RESOLVED" | "TOLD" | "FAILED";
  style: string;
  text: string;
}

export interface ViewState {
  title: string;
  startedAt: number;
  sources: readonly SourceLine[];
  open: readonly OpenLine[];
  news: readonly NewsLine[];
  told: number;
  /** Closing lines: what to do next. */
  next: readonly string[];
}

/** The whole view as lines that fit the terminal, styled by `paint`. */
export function renderView(
  state: ViewState,
  now: number,
  size: { columns: number; rows: number },
  paint: Paint,
): string[] {
  const width = Math.max(40, size.columns);
  const cutTo = (text: string, room: number) =>
    text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
  const lines = [
    `${paint("title", ` ${state.title} `)} ${paint("dim", `running ${ago(now - state.startedAt)}`)}`,
    "",
    paint(
      "dim",
      cutTo(
        `  ${"SOURCE".padEnd(18)} ${"TARGETS".padStart(7)} ${"POLLS".padStart(6)} ${"EVENTS".padStart(7)}  LAST POLL`,
        width,
      ),
    ),
  ];
  for (const { id, polls, events, targets, at, failing } of state.sources) {
    const dot = failing > 0 ? paint("bad", "●") : at === undefined ? paint("dim", "○") : paint("good", "●");
    const last = at === undefined ? "not yet" : `${ago(now - at)} ago`;
    const figures = `${id.padEnd(18)} ${String(targets).padStart(7)} ${String(polls).padStart(6)} ${String(events).padStart(7)}  ${last}`;
    lines.push(`${dot} ${cutTo(figures, width - 2)}`);
  }
  const room = Math.max(6, size.rows - lines.length - state.next.length - 7);
  const openRoom = Math.min(Math.max(state.open.length, 1), Math.ceil(room * 0.6));
  lines.push("", paint("dim", `  OPEN ALERTS (${state.open.length})`));
  if (state.open.length === 0) lines.push(paint("good", "  none"));
  for (const { alert, since, to } of state.open.slice(0, openRoom)) {
    const target = ` → ${to}`;
    const head = `${alert.severity.padEnd(8)} ${`×${alert.count}`.padEnd(4)} ${ago(now - since).padStart(4)}  `;
    const text = cutTo(oneLine(alert.summary), Math.max(10, width - head.length - target.length - 3));
    lines.push(`  ${paint(alert.severity, head)}${text}${paint("dim", target)}`);
  }
  if (state.open.length > openRoom) lines.push(paint("dim", `  and ${state.open.length - openRoom} more`));

  const newsRoom = Math.max(3, room - openRoom);
  lines.push("", paint("dim", `  LATEST (${state.told} messages told)`));
  for (const { at, what, style, text } of state.news.slice(-newsRoom)) {
    const head = `${new Date(at).toISOString().slice(11, 19)} ${what.padEnd(8)} `;
    lines.push(`  ${paint(style, head)}${cutTo(oneLine(text), Math.max(10, width - head.length - 3))}`);
  }
  lines.push("", ...state.next.map((line) => cutTo(line, width)));
  return lines;
}

/** `5s`, `12m`, `3h`. */
function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  return `${Math.floor(seconds / 3_600)}h`;
}

function oneLine(text: string): string {
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
}
