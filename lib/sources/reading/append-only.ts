// Reads a target whose API lists append-only events by time: pages in order, each sifted into a batch of its own.
import * as z from "zod";
import type { SourceKind } from "../../model/source-kinds.ts";
import type { CloudError } from "../cloud/client.ts";
import { mapInTurns } from "../cloud/turns.ts";
import type { Batch, ReadRequest } from "../port.ts";
import { isMoveDue, openWindow, outcome } from "./cursor.ts";
import type { BadItem, Item } from "./item.ts";
import { sift } from "./sift.ts";
import { ascending, type Timeline } from "./timeline.ts";

/** `end` (see timeline.ts), for the next poll. */
const Habits = z.object({ end: z.string().optional() }).catch({});

/**
 * Yields one batch a page, oldest first; the last is complete. Where rows may be missing, what is
 * there comes before the error.
 */
export async function* readAppendOnly(
  request: ReadRequest,
  kind: SourceKind,
  timeline: Timeline,
  parse: (raw: unknown) => Item | BadItem,
): AsyncGenerator<Batch> {
  const { cursor, now } = request;
  const window = openWindow(request);
  const known = Habits.parse(cursor?.extra ?? {}).end;
  // Asked for anew before the window moves: what an unchanged page and total would hide is late then, not lost.
  const end = isMoveDue(cursor, now) ? undefined : known;
  let broken: CloudError | undefined;
  for await (const stretch of ascending(timeline, window.from, now, end)) {
    broken ??= stretch.broken;
    const sifted = await sift(request, kind, window, await mapInTurns(stretch.rows, parse));
    if (stretch.upTo !== undefined && broken === undefined) {
      yield { ...sifted, readTo: Math.min(now, stretch.upTo - 1), complete: false };
      continue;
    }
    const learned = stretch.end !== undefined && stretch.end !== known;
    yield { ...sifted, ...outcome(request, broken), ...(learned ? { extra: { end: stretch.end } } : {}) };
  }
  if (broken !== undefined) throw broken;
}
