// Events of ModelArts resource pools: GET /v1/{project_id}/events?resource=pools&name=<pool id>.
// https://support.huaweicloud.com/eu/api-modelarts/ListEvents.html
// Identity of an item (they have no id): type, reason, message, firstTimestamp; its `count` and
// `lastTimestamp` grow in place.
//
// Not documented: the unit of `since` (seconds, says the SDK's 32-bit type), and which of the two
// timestamps it looks at. So seconds are sent, reaching back as far as items are remembered, and everything
// is judged by `lastTimestamp` here.
import * as z from "zod";
import { mapInTurns } from "../cloud/turns.ts";
import type { Batch, ReadRequest, Source } from "../port.ts";
import { isMoveDue, openWindow, outcome, type Window } from "../reading/cursor.ts";
import type { BadItem } from "../reading/item.ts";
import { type PoolItem, parsePoolItem, siftPoolItems } from "./items.ts";
import { readPoolList } from "./list.ts";

const LIMIT = 500;
const KEEP_FOR = 7 * 86_400_000;
/**
 * Where a week of items does not fit into a page, only as many of the newest are asked for: those that may still grow.
 */
const NARROW_TO = 250;

/** What was learned about the API, for the next poll. */
const Habits = z.object({
  end: z.string().optional(),
  since: z.number().optional(),
  unit: z.literal("ms").optional(),
});
type Habits = z.infer<typeof Habits>;

export const poolEvents: Source = {
  kind: "pool-events",
  keepFor: KEEP_FOR,
  read,
};

async function* read(request: ReadRequest): AsyncGenerator<Batch> {
  const window = openWindow(request);
  const known = Habits.catch({}).parse(request.cursor?.extra ?? {});
  const { items, habits, broken } = await fetchItems(request, window, known);
  const changed = JSON.stringify(habits) !== JSON.stringify(known);
  yield {
    ...(await siftPoolItems(request, window, items)),
    ...outcome(request, broken),
    ...(changed ? { extra: habits } : {}),
  };
  if (broken !== undefined) throw broken;
}

async function fetchItems(request: ReadRequest, window: Window, known: Habits) {
  const { client, target, levels, signal, cursor, now } = request;
  // Asked for anew before the window moves: what an unchanged page and total would hide is late then, not lost.
  const end = isMoveDue(cursor, now) ? undefined : known.end;
  const since = Math.max(0, Math.min(window.from, Math.max(window.from - KEEP_FOR, known.since ?? 0)) - 1000);
  const parse = (row: unknown) => parsePoolItem(request, row);

  function list(unit: "s" | "ms") {
    const query = {
      resource: "pools",
      name: target.id,
      limit: LIMIT,
      since: unit === "ms" ? since : Math.floor(since / 1000),
      ascend: true,
      type: levels === "abnormal" ? "Warning" : undefined,
    };
    return readPoolList(
      (place) =>
        client.request({
          service: "modelarts",
          path: "/v1/{project_id}/events",
          query: { ...query, ...place },
          signal,
        }),
      { limit: LIMIT, end, same: (row) => fpOf(parse(row)) },
    );
  }

  let unit: "s" | "ms" = known.unit ?? "s";
  let found = await list(unit);
  // Milliseconds once proved right, but a server that changed its mind would show nothing for ever.
  if (unit === "ms" && found.rows.length === 0) {
    unit = "s";
    found = await list(unit);
  }
  const items = await mapInTurns(found.rows, parse);
  const habits = learn(items, found, { ...known, unit: unit === "ms" ? "ms" : undefined }, since, window.from);
  return { items, habits, broken: found.broken };
}

/**
 * What makes the next idle poll one request: where a week does not fit a page, and in which unit
 * the API understands `since`.
 */
function learn(
  items: (PoolItem | BadItem)[],
  { pages, end }: { pages: number; end: string | undefined },
  { since: before, unit: proven }: { [name in keyof Habits]?: Habits[name] | undefined },
  asked: number,
  from: number,
): Habits {
  const good = items.filter((item) => item.ok);
  const ignored = pages > 1 && good.some((item) => item.last < asked - 60_000);
  const unit = proven ?? (ignored ? "ms" : undefined);
  const newest = good.map((item) => item.first).sort((a, b) => b - a)[NARROW_TO - 1];
  const since = pages > 1 && newest !== undefined ? Math.max(before ?? 0, Math.min(newest, from)) : before;
  return {
    ...(end === undefined ? {} : { end }),
    ...(since === undefined ? {} : { since }),
    ...(unit === undefined ? {} : { unit }),
  };
}

function fpOf(item: PoolItem | BadItem): string | undefined {
  return item.ok ? item.fp : undefined;
}
