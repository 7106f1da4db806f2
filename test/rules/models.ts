// Each kind of state as the contract tells it: minute by minute through sorted happenings, with plain lists.
import type { RuleConfig } from "../../lib/model/config.ts";
import { type Alerted, byStart, type Happening, MINUTE, marked } from "./history.ts";

const DAY = 1_440;

/** Minutes. */
export interface Life {
  after?: number;
  reopen?: number;
  /** What is marked `r` resolves. */
  when?: true;
}

/** The rule with this life. */
export function lived(rule: Partial<RuleConfig>, { after, reopen, when }: Life): Partial<RuleConfig> {
  const resolve = { ...(after === undefined ? {} : { after: after * MINUTE }), ...(when ? { when: marked("r") } : {}) };
  return {
    ...rule,
    ...(reopen === undefined ? {} : { reopen: reopen * MINUTE }),
    ...(after === undefined && !when ? {} : { resolve }),
  };
}

/** What happened at one minute to one key, and what is open before it. */
export interface Moment {
  now: number;
  /** Sorted by time; of one time, by the model itself. */
  past: readonly Happening[];
  events: readonly Happening[];
  isOpen: boolean;
  /** Nothing before this counts in a window. */
  cleared: number;
}

/** What a kind says at a minute. */
interface Verdict {
  /** Occurrences that open the alert, or count into the open one. */
  hits?: number;
  /** The alert ends by what happened at this minute, or (a window that falls) right after it. */
  ends?: boolean;
  falls?: boolean;
}

export interface Kind {
  /** A new key's judge. */
  begin(): {
    at(moment: Moment): Verdict;
    /** What opens since nothing has happened by the end of this minute. */
    due?(now: number): number | undefined;
    cleared?(by: "resolve" | "time", now: number): void;
  };
  /** True where it ends by itself: no occurrence. */
  falls: boolean;
}

export function model(kind: Kind, life: Life, history: readonly Happening[], until: number): Alerted[] {
  const all = ["x", "y"].flatMap((key) => modelOfKey(kind, life, key, history, until, until).alerts);
  return all.map(({ newest: _, ...alert }) => alert).toSorted(byStart);
}

/** An alert of the model, with its newest match or deadline. */
export interface Modelled extends Alerted {
  newest: number;
}

/**
 * What is read up to `until` decides every deadline up to there; what is beyond the first that is not decided waits for it. `now`: what
 * the silent end of an occurrence waits for.
 */
export function modelOfKey(
  kind: Kind,
  life: Life,
  key: string,
  history: readonly Happening[],
  until: number,
  wallClock: number,
): { alerts: Modelled[]; stop: number } {
  const all = history.filter((one) => one.key === key).toSorted((a, b) => a.at - b.at || a.count - b.count);
  const byMinute = Map.groupBy(all, ({ at }) => at);
  const past: Happening[] = [];
  const alerts: Modelled[] = [];
  const isOccurrence = !kind.falls && life.after === undefined && !life.when;
  const judge = kind.begin();
  let open: Modelled | undefined;
  let [newest, cleared] = [-1, 0];
  const last = Math.max(until, wallClock, all.at(-1)?.at ?? 0);
  for (let now = 0; now <= last; now++) {
    const end = (by: "resolve" | "time") => {
      if (open) open.endsAt = now;
      open = undefined;
      cleared = by === "resolve" ? now : now + 1;
      judge.cleared?.(by, now);
    };
    const events = byMinute.get(now) ?? [];
    const { hits, ends, falls } = judge.at({ now, past, events, isOpen: open !== undefined, cleared });
    past.push(...events);
    if (ends && open) {
      open.endsAt = now;
      open = undefined;
    }
    const hit = (hits: number | undefined) => {
      if (hits === undefined) return;
      newest = now;
      const last = alerts.at(-1);
      if (open) Object.assign(open, { count: open.count + hits, newest });
      else if (last?.endsAt != null && now - last.endsAt <= (life.reopen ?? -1)) {
        last.endsAt = null;
        last.count += hits;
        last.newest = now;
        open = last;
      } else {
        open = { key, startsAt: now, endsAt: null, count: hits, newest };
        alerts.push(open);
      }
    };
    hit(hits);
    // At the same time firing wins.
    const resolving = life.when && events.some(({ marks }) => marks === "r");
    if (resolving && !(open && newest === now)) end("resolve");
    const due = judge.due?.(now);
    const isOver = open && life.after !== undefined && now === newest + life.after;
    if ((due !== undefined || isOver) && now > until) return { alerts, stop: now };
    hit(due);
    if (open && life.after !== undefined && now === newest + life.after) end("time");
    if (open && falls && now >= until) return { alerts, stop: now };
    if (open && falls) end("time");
    if (open && isOccurrence && now === newest + DAY && now > wallClock) return { alerts, stop: now };
    if (open && isOccurrence && now === newest + DAY) end("time");
  }
  return { alerts, stop: Number.POSITIVE_INFINITY };
}

export const sum = (all: readonly { count: number }[]) => all.reduce((total, { count }) => total + count, 0);
export const matching = (all: readonly Happening[], mark: string) => all.filter(({ marks }) => marks.includes(mark));

export const plain: Kind = {
  falls: false,
  begin: () => ({
    at({ events }) {
      const found = matching(events, "a");
      return found.length > 0 ? { hits: sum(found) } : {};
    },
  }),
};
