// Events of Cloud Eye, system and custom: the list says which names have new ones, the detail API which those are.
// Counts are relative to the asked window, so only lists that start at the same instant are compared; that instant
// moves at most hourly, and only between two equal answers. Identity of an event: event_id, else all its fields.
import { settleAll } from "../cloud/turns.ts";
import type { Batch, ReadRequest, Source } from "../port.ts";
import { openWindow, outcome } from "../reading/cursor.ts";
import { byTime, emptySifted, type Sifted, sift } from "../reading/sift.ts";
import { readDetails } from "./detail.ts";
import { isDue, isSettled, newsOf, type RowNews } from "./news.ts";
import { type Known, type KnownRow, knownRows, listRows, packRows, type RowList } from "./rows.ts";

/** Custom events may be dated ten minutes ahead; clocks may be off. */
const AHEAD_MS = 3_600_000;
const MOVE_MS = 3_600_000;
/** Requests for details at a time: however many names there are, others of the connection have their turn. */
const DETAILS_AT_ONCE = 8;

export const cloudEyeEvents: Source = {
  kind: "cloud-eye-events",
  keepFor: 0,
  read,
};

async function* read(request: ReadRequest): AsyncGenerator<Batch> {
  const window = openWindow(request);
  const known = knownRows(request.cursor, window.from);
  const to = request.now + AHEAD_MS;
  const list = await listRows(request, known.from, to);
  const changed = [...list.rows.values()].filter((row) => isDue(row, known.rows.get(row.fp), request.now));
  const answers = await settleAll(changed, DETAILS_AT_ONCE, (row) => readDetails(request, row, known.from, to));
  const news: RowNews[] = [];
  let failure: unknown = list.broken;
  const ids = new Set<unknown>();
  for (const [i, answer] of answers.entries()) {
    if (answer.status === "fulfilled") news.push(await newsOf(request, window, known, changed[i]!, answer.value, ids));
    failure ??= answer.status === "fulfilled" ? answer.value?.broken : answer.reason;
  }

  // Nothing is proven to have been read further until every row and, where it is time, the window are settled.
  const behind = outcome(request, "not settled");
  const sighted = news.flatMap((row) => row.sighted);
  if (sighted.length > 0) yield { ...emptySifted(), marks: sighted, ...behind };
  const rows = news.map(({ row }) => row).filter((row) => row !== undefined);
  const after: Known = {
    from: known.from,
    rows: new Map([...known.rows, ...rows.map((row) => [row.fp, row] as const)]),
  };
  const sifted = merge([await sift(request, "cloud-eye-events", window, list.bad), ...news.map((row) => row.sifted)]);
  sifted.stats.fetched += list.rows.size - changed.length;
  sifted.stats.seen += list.rows.size - changed.length;
  const start = Math.max(window.floor, request.now - request.lateness);
  const due = failure === undefined && start - known.from > MOVE_MS;
  const extra = rows.length > 0 || request.cursor?.extra === undefined ? { extra: packRows(after) } : {};
  yield { ...sifted, ...(due ? behind : outcome(request, failure)), ...extra };
  if (failure !== undefined) throw failure;
  if (!due) return;
  // By itself, so that one commit takes the new start and the counts that belong to it.
  const moved = await moveWindow(request, after, list, start, to);
  yield {
    ...emptySifted(),
    ...outcome(request, undefined),
    ...(moved === undefined ? {} : { extra: packRows(moved) }),
  };
}

/**
 * The counts of a window that starts later: asked between two equal answers of the old window, so that nothing in them
 * is new. Undefined when something came in between or is not settled: the next poll tries again.
 */
async function moveWindow(
  request: ReadRequest,
  known: Known,
  list: RowList,
  from: number,
  to: number,
): Promise<Known | undefined> {
  const settled = ({ rows, broken }: RowList) =>
    broken === undefined && [...rows.values()].every((row) => isSettled(row, known.rows.get(row.fp)));
  if (!settled(list)) return undefined;
  const later = await listRows(request, from, to);
  const again = await listRows(request, known.from, to);
  if (later.broken !== undefined || again.rows.size !== list.rows.size || !settled(again)) return undefined;
  const moved = [...later.rows.values()].map(({ fp, t, count }): KnownRow => {
    return { fp, t, count, emitted: count, tries: 0, since: 0, blind: known.rows.get(fp)?.blind ?? false };
  });
  return { from, rows: new Map(moved.map((row) => [row.fp, row])) };
}

function merge(parts: Sifted[]): Sifted {
  const sum = (pick: (stats: Sifted["stats"]) => number) => parts.reduce((total, part) => total + pick(part.stats), 0);
  return {
    found: byTime(parts.flatMap((part) => part.found)),
    marks: parts.flatMap((part) => part.marks),
    stats: { fetched: sum((s) => s.fetched), seen: sum((s) => s.seen), malformed: sum((s) => s.malformed) },
    malformed: parts.flatMap((part) => part.malformed),
  };
}
