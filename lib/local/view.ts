// What a person sees of a running Lookout: the sources, the open alerts and where each goes, and
// the latest news. Pure text.
import type { Alert } from "../model/alert.ts";
import { oneLine } from "../model/printable.ts";
import { Severity } from "../model/severity.ts";
import { columnsOf, cutTo, padTo } from "./columns.ts";

export type Paint = (style: "title" | "dim" | "good" | "bad" | string, text: string) => string;

export interface SourceLine {
  id: string;
  /** Below the headings of the view. */
  figures: readonly string[];
  /** ms; when it was last polled. */
  at: number | undefined;
  failing: number;
}

export interface OpenLine {
  alert: Pick<Alert, "id" | "severity" | "rule" | "summary" | "count" | "suppressedBy">;
  /** ms; when it was first seen here. */
  since: number;
  /** `chat (slack)` */
  to: string;
}

export interface NewsLine {
  /** `10:05:00` */
  time: string;
  what: string;
  style: string;
  text: string;
}

export interface ViewState {
  title: string;
  /** Beside the title: `running 5m`. */
  aside: string;
  /** What is wrong, the most important first. */
  problems: readonly string[];
  /** Headings of the figures of each source; on a narrow terminal only the last has room. */
  figures: readonly string[];
  sources: readonly SourceLine[];
  open: readonly OpenLine[];
  news: readonly NewsLine[];
  /** The heading of the news. */
  latest: string;
  /** What to do next: a heading and its steps. */
  next: { heading: string; steps: readonly string[] };
}

export interface Size {
  columns: number;
  rows: number;
}

/** A piece of a line; without a style it stays as it is. */
type Part = [style: string | undefined, text: string];

/** Lines for open alerts and news that are worth more than empty lines, and more than the next steps. */
const WANTED = 6;
/** More problems than these are the matter of `lookout status`. */
const PROBLEMS = 3;
/** A summary with less room than this is worth more than the name of its channel. */
const SUMMARY = 24;

/**
 * The whole view as lines that fit the terminal, styled by `paint`: none is wider, and there are no
 * more than it has rows.
 */
export function renderView(state: ViewState, now: number, { columns, rows }: Size, paint: Paint): string[] {
  const next = nextSteps(state.next, columns);
  const problems = state.problems.slice(0, PROBLEMS).map((text): Part[] => [["bad", `  ! ${oneLine(text)}`]]);
  const { room, gap, closing } = plan(rows, state.sources.length + problems.length, next.length);
  const open = Math.min(Math.max(state.open.length, 1), Math.max(Math.ceil(room * 0.6), room - state.news.length));
  const oldest = Math.max(0, state.news.length - (room - open));
  const lines: Part[][] = [
    title(state, columns),
    ...problems,
    ...gap,
    ...sourceTable(state, now, columns),
    ...gap,
    ...openAlerts(state.open, open, now, columns),
    ...gap,
    [["dim", `  ${state.latest}`]],
    ...state.news.slice(oldest).map(newsLine),
    ...(closing ? [...gap, ...next] : []),
  ];
  return lines.slice(0, rows).map((parts) => writeLine(parts, columns, paint));
}

/** What there is room for: lines of alerts and news, then the next steps, then empty lines between the parts. */
function plan(rows: number, sources: number, next: number): { room: number; gap: Part[][]; closing: boolean } {
  const headings = 4;
  const free = rows - headings - sources;
  const choices = [
    { room: free - next - 4, gap: [[]], closing: true },
    { room: free - next, gap: [], closing: true },
    { room: free - 3, gap: [[]], closing: false },
  ];
  return choices.find(({ room }) => room >= WANTED) ?? { room: Math.max(free, 2), gap: [], closing: false };
}

function title({ title, aside }: ViewState, columns: number): Part[] {
  const beside = ` ${aside}`;
  return [
    ["title", ` ${cutTo(title, columns - columnsOf(beside) - 2)} `],
    ["dim", beside],
  ];
}

function sourceTable({ sources, figures: heads }: ViewState, now: number, columns: number): Part[][] {
  const row = (id: string, figures: readonly string[], last: string): string => {
    const shown = columns >= 60 ? figures : figures.slice(-1);
    return [padTo(cutTo(oneLine(id), 18), 18), ...shown.map((figure) => figure.padStart(7)), ` ${last}`].join(" ");
  };
  const rows = sources.map(({ id, figures, at, failing }): Part[] => {
    const dot: Part = failing > 0 ? ["bad", "●"] : at === undefined ? ["dim", "○"] : ["good", "●"];
    const last = at === undefined ? "not yet" : `${ago(now - at)} ago`;
    return [dot, [undefined, ` ${row(id, figures, last)}`]];
  });
  return [[["dim", `  ${row("SOURCE", heads, "LAST POLL")}`]], ...rows];
}

function openAlerts(open: readonly OpenLine[], room: number, now: number, columns: number): Part[][] {
  const shown = open.slice(0, room).map(({ alert, since, to }): Part[] => {
    const head = `  ${alert.severity.padEnd(8)} ${`×${alert.count}`.padEnd(4)} ${ago(now - since).padStart(4)}  `;
    const target = ` → ${oneLine(to)}`;
    const left = columns - columnsOf(head);
    const named = left - columnsOf(target) >= SUMMARY;
    const text = cutTo(oneLine(alert.summary), named ? left - columnsOf(target) : left);
    // What follows from another alert stands back behind it.
    const isHeld = alert.suppressedBy.length > 0;
    return [
      [isHeld ? "dim" : alert.severity, head],
      [isHeld ? "dim" : undefined, text],
      ...(named ? [["dim", target] as Part] : []),
    ];
  });
  const number = shown.length < open.length ? `${shown.length} of ${open.length}` : `${open.length}`;
  const counts = Severity.options.flatMap((severity) => {
    const count = open.filter(({ alert }) => alert.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  return [
    [["dim", `  OPEN ALERTS (${number})  ${counts.join(", ")}`]],
    ...(open.length === 0 ? [[["good", "  none"] as Part]] : shown),
  ];
}

function newsLine({ time, what, style, text }: NewsLine): Part[] {
  const head = `  ${time} ${what.padEnd(9)} `;
  return [
    [style, head],
    [undefined, oneLine(text)],
  ];
}

/** Two steps on a line where that fits. */
function nextSteps({ heading, steps }: ViewState["next"], columns: number): Part[][] {
  if (heading === "") return [];
  const widest = Math.max(0, ...steps.map(columnsOf));
  const perLine = columns >= 2 * widest + 5 ? 2 : 1;
  const lines = steps.flatMap((_, at): Part[][] => {
    if (at % perLine !== 0) return [];
    const beside = steps.slice(at, at + perLine);
    return [[[undefined, `  ${beside.map((step) => padTo(step, widest)).join("   ")}`.trimEnd()]]];
  });
  return [[[undefined, `  ${heading}`]], ...lines];
}

/** One line, cut where it ends. */
function writeLine(parts: readonly Part[], columns: number, paint: Paint): string {
  let room = columns;
  let line = "";
  for (const [style, text] of parts) {
    const cut = cutTo(text, room);
    if (cut !== "") line += style === undefined ? cut : paint(style, cut);
    room = cut === text ? room - columnsOf(cut) : 0;
  }
  return line;
}

/** `5s`, `12m`, `3h`. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  return `${Math.floor(seconds / 3_600)}h`;
}
