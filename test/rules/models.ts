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
 * What is read up to `until` decides every deadline up to there; what is beyond the first that is not decided waits for
 * it. `now`: what the silent end of an occurrence waits for.
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
  const judge = kind.begin();
  const book: Book = { key, life, isOccurrence: !kind.falls, alerts: [], open: undefined, newest: -1, cleared: 0 };
  const last = Math.max(until, wallClock, all.at(-1)?.at ?? 0);
  for (let now = 0; now <= last; now++) {
    const events = byMinute.get(now) ?? [];
    const { hits, ends, falls } = judge.at({
      now,
      past,
      events,
      isOpen: book.open !== undefined,
      cleared: book.cleared,
    });
    past.push(...events);
    if (ends) close(book, now);
    hit(book, now, hits);
    const end = (by: "resolve" | "time") => {
      close(book, now);
      book.cleared = by === "resolve" ? now : now + 1;
      judge.cleared?.(by, now);
    };
    // At the same time firing wins.
    const resolving = life.when && matching(events, "r").length > 0;
    if (resolving && !(book.open && book.newest === now)) end("resolve");
    const waits = { notRead: now > until, falling: now >= until, notPassed: now > wallClock };
    if (!passes(book, now, judge.due?.(now), falls === true, waits, () => end("time"))) {
      return { alerts: book.alerts, stop: now };
    }
  }
  return { alerts: book.alerts, stop: Number.POSITIVE_INFINITY };
}

/** What the time alone opens and ends; false where that is not decided yet. */
function passes(
  book: Book,
  now: number,
  due: number | undefined,
  falls: boolean,
  waits: { notRead: boolean; falling: boolean; notPassed: boolean },
  end: () => void,
): boolean {
  const { after, when } = book.life;
  const isOver = () => book.open !== undefined && after !== undefined && now === book.newest + after;
  if ((due !== undefined || isOver()) && waits.notRead) return false;
  hit(book, now, due);
  if (isOver()) end();
  if (book.open === undefined) return true;
  if (falls && waits.falling) return false;
  const silent = book.isOccurrence && after === undefined && !when && now === book.newest + DAY;
  if (silent && waits.notPassed) return false;
  if (falls || silent) end();
  return true;
}

/** The alerts of a key so far. */
interface Book {
  key: string;
  life: Life;
  /** Its kind does not fall: where nothing else ends it, its silent end does. */
  isOccurrence: boolean;
  alerts: Modelled[];
  open: Modelled | undefined;
  newest: number;
  cleared: number;
}

function close(book: Book, now: number): void {
  if (book.open) book.open.endsAt = now;
  book.open = undefined;
}

/** Counts into the open alert, into the last one where it may open again, or into one of its own. */
function hit(book: Book, now: number, hits: number | undefined): void {
  if (hits === undefined) return;
  book.newest = now;
  const { key, life, alerts, open } = book;
  const last = alerts.at(-1);
  if (open) Object.assign(open, { count: open.count + hits, newest: now });
  else if (last?.endsAt != null && now - last.endsAt <= (life.reopen ?? -1)) {
    Object.assign(last, { endsAt: null, count: last.count + hits, newest: now });
    book.open = last;
  } else {
    book.open = { key, startsAt: now, endsAt: null, count: hits, newest: now };
    alerts.push(book.open);
  }
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
