// Reads a target whose API lists append-only events by time: pages in order, each sifted into a batch of its own.
import type { SourceKind } from "../model/event.ts";
import { openWindow } from "./cursor.ts";
import type { BadItem, Item } from "./item.ts";
import type { Batch, ReadRequest } from "./port.ts";
import { sift } from "./sift.ts";
import { ascending, type Timeline } from "./timeline.ts";

/** Yields one batch a page, oldest first; the last is complete. */
export async function* readAppendOnly(
  request: ReadRequest,
  kind: SourceKind,
  timeline: Timeline,
  parse: (raw: unknown) => Item | BadItem,
): AsyncGenerator<Batch> {
  const window = openWindow(request);
  for await (const { rows, upTo } of ascending(timeline, window.from, request.now)) {
    const sifted = sift(request, kind, window, rows.map(parse));
    const readTo = upTo === undefined ? request.now : Math.min(request.now, upTo - 1);
    yield { ...sifted, readTo, complete: upTo === undefined };
  }
}
