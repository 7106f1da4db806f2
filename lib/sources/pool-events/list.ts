// The pages of a pool's events: by `continue` where the answer carries it, by `offset` where it gives a total instead.
// Invariant: the items of one moment; growth between two pages (an item that shows up twice) makes it read again.
import * as z from "zod";
import { CloudError } from "../cloud/client.ts";
import { createTurns } from "../cloud/turns.ts";
import { listOf } from "../reading/list.ts";
import { fingerprint } from "../reading/marks.ts";
import { hasMore, type Listing, type Page, readList, repeated, Total, untilEndless } from "../reading/paging.ts";

const TRIES = 3;

/** Asks for a page; undefined fields are not sent. */
export type AskPool = (place: { continue?: string; offset?: number }) => Promise<unknown>;

export interface PoolList extends Listing {
  pages: number;
  /**
   * Stands for a short first page that was all there is, though it says that there is more: known,
   * it need not be followed again.
   */
  end: string | undefined;
}

export interface PoolPaging {
  limit: number;
  /** `end` of an earlier reading. */
  end: string | undefined;
  /** Equal for two rows that may be the same item at different moments. */
  same(row: unknown): string | undefined;
}

const Answer = z.looseObject({
  total: Total,
  metadata: z
    .looseObject({ continue: z.string().optional().catch(undefined), remainingItemCount: Total })
    .nullish()
    .catch(undefined),
});

/** Says so where full pages repeat (`broken`); throws CloudError "paging" when the list does not hold still. */
export async function readPoolList(ask: AskPool, paging: PoolPaging): Promise<PoolList> {
  let unsure = "";
  for (let tries = 1; tries <= TRIES; tries++) {
    const { pages, ...rest } = await readOnce(ask, paging);
    const doubtful = await straddling(pages, paging);
    if (doubtful === "" || doubtful === unsure) return { rows: pages.flat(), pages: pages.length, ...rest };
    unsure = doubtful;
  }
  throw new CloudError("paging", "the pool's events kept changing while they were read page by page");
}

type Reading = Omit<PoolList, "rows" | "pages"> & { pages: unknown[][] };

async function readOnce(ask: AskPool, { limit, end }: PoolPaging): Promise<Reading> {
  const first = pageOf(await ask({}), limit);
  const more = first.token !== "" || (first.total !== undefined && hasMore(first, limit));
  if (!more) return { pages: [first.rows], end: undefined };
  const print = first.rows.length < limit ? fingerprint([first.total, first.rows]) : undefined;
  if (print !== undefined && print === end) return { pages: [first.rows], end };
  const reading = await (first.token === "" ? byOffset(ask, first, limit) : byToken(ask, first, limit));
  return { ...reading, end: reading.pages.length === 1 ? print : undefined };
}

async function byToken(ask: AskPool, first: PoolPage, limit: number): Promise<Omit<Reading, "end">> {
  const pages = [first.rows];
  const known = new Set([fingerprint(first.rows)]);
  const used = new Set<string>();
  let rows = first.rows.length;
  for (let page = first; page.token !== ""; ) {
    if (used.has(page.token)) return { pages, ...repeated(page.rows, limit) };
    used.add(page.token);
    const token = page.token;
    const next = await untilEndless(async () => pageOf(await ask({ continue: token }), limit), rows);
    if (next instanceof CloudError) return { pages, broken: next };
    rows += next.rows.length;
    if (next.rows.length === 0) break;
    const print = fingerprint(next.rows);
    // The documents' own example ends in a short page with a token: such a token may lead back to where it came from.
    if (known.has(print)) return { pages, ...repeated(next.rows, limit) };
    known.add(print);
    pages.push(next.rows);
    page = next;
  }
  return { pages };
}

async function byOffset(ask: AskPool, first: PoolPage, limit: number): Promise<Omit<Reading, "end">> {
  const size = first.rows.length;
  const { rows, ...rest } = await readList(
    async (offset) => pageOf(await ask(offset === 0 ? {} : { offset }), limit),
    limit,
    first,
  );
  const pages: unknown[][] = [];
  for (let start = 0; start < rows.length; start += size) pages.push(rows.slice(start, start + size));
  return { pages, ...rest };
}

interface PoolPage extends Page {
  token: string;
}

function pageOf(answer: unknown, limit: number): PoolPage {
  const { rows, head } = listOf(answer, "items", Answer, "pool events", limit);
  const token = head.metadata?.remainingItemCount === 0 ? "" : (head.metadata?.continue ?? "");
  return { rows, total: head.total, token };
}

/** The rows that show up on more than one page though they may be one item that grew meanwhile; "" for none. */
async function straddling(pages: unknown[][], { same }: PoolPaging): Promise<string> {
  if (pages.length === 1) return "";
  const turn = createTurns();
  const places = new Map<string, { page: number; rows: Set<string>; across: boolean }>();
  for (const [page, rows] of pages.entries()) {
    for (const row of rows) {
      const key = same(row);
      if (key === undefined) continue;
      const place = places.get(key) ?? { page, rows: new Set(), across: false };
      place.across ||= place.page !== page;
      place.rows.add(JSON.stringify(row));
      places.set(key, place);
      await turn();
    }
  }
  const doubtful = [...places.values()].filter((place) => place.across && place.rows.size > 1);
  return doubtful
    .map((place) => [...place.rows].sort().join())
    .sort()
    .join();
}
