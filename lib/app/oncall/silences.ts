// Silences that people add while it runs: kept in the store, listed, and ended before their time.
import { whyNone } from "../../config/lint/over-alerts.ts";
import type { Alert } from "../../model/alert.ts";
import type { Pattern } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import { iso } from "../../model/iso.ts";
import { HEALTH_RULE } from "../../model/own-alerts.ts";
import { PatternError } from "../../patterns/error.ts";
import { compilePattern } from "../../patterns/pattern.ts";
import type { App } from "../deps.ts";
import { putSilence } from "../groups/holds.ts";
import { wakeWaiting } from "../groups/inhibition.ts";
import { SILENCES, type SilenceRow, silenceKey } from "../persistence/on-call-rows.ts";

/** No silence begins or ends later: times of the years after it are written in another way. */
export const LAST = Date.parse("9999-12-31T23:59:59.999Z");

/** A silence as people and scripts see it. */
export interface SilenceView {
  id: string;
  state: "active" | "pending" | "expired";
  match: SilenceRow["match"];
  from: string;
  until: string;
  during: string[];
  comment: string | null;
  by: string;
  createdAt: string;
}

/** The pattern of one alert alone. One about Lookout itself is held only by who names its rule. */
export function patternOfOne({ id, rule }: Pick<Alert, "id" | "rule">): Pattern {
  return rule === HEALTH_RULE ? { rule: [rule], id: [id] } : { id: [id] };
}

/** Adds a silence. Returns it. */
export async function addSilence(app: App, given: Omit<SilenceRow, "id" | "createdAt">): Promise<SilenceRow> {
  const createdAt = app.clock.now();
  const id = hashOf(["silence", given, createdAt, app.identity.id, app.random()]);
  const [by, comment] = [app.redact(given.by), given.comment === null ? null : app.redact(given.comment)];
  const row: SilenceRow = { id, ...given, by, comment, createdAt };
  await app.transact(async (unit) => {
    await unit.load([silenceKey(id)]);
    putSilence(app, unit, row);
  });
  return row;
}

/** Why it is no pattern, or one that no alert can match; undefined where an alert can. */
export function whyNoAlert(pattern: unknown): string | undefined {
  try {
    compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
  return whyNone(pattern as Pattern);
}

/** The first of the names that no time interval of the configuration has. */
export function unknownInterval({ config }: Pick<App, "config">, names: readonly string[]): string | undefined {
  return names.find((name) => !Object.hasOwn(config.timeIntervals, name));
}

/** All of them, the newest last; those that are over for `history`. */
export async function listSilences({ store }: Pick<App, "store">): Promise<SilenceRow[]> {
  const rows = await store.list<SilenceRow>(SILENCES);
  return rows.map(({ data }) => data).sort((a, b) => a.createdAt - b.createdAt);
}

/** Ends a silence now: what it held back is looked at at once. Returns it as it is then; undefined where it is gone. */
export async function expireSilence(app: App, id: string): Promise<SilenceRow | undefined> {
  return app.transact(async (unit) => {
    const key = silenceKey(id);
    await unit.load([key]);
    const row = unit.value<SilenceRow>(key);
    const now = app.clock.now();
    if (row === undefined || row.until <= now) return row;
    const ended: SilenceRow = { ...row, from: Math.min(row.from, now), until: now };
    putSilence(app, unit, ended);
    await wakeWaiting(app, unit, id, now);
    return ended;
  });
}

export function viewSilence({ from, until, createdAt, ...row }: SilenceRow, now: number): SilenceView {
  const state = now >= until ? "expired" : now < from ? "pending" : "active";
  const { id, match, during, comment, by } = row;
  return { id, state, match, from: iso(from), until: iso(until), during, comment, by, createdAt: iso(createdAt) };
}
