// The pages of a pool's events: by `continue` where the answer carries it, by `offset` where it gives a total instead.
// Invariant: the items of one moment; growth between two pages (an item that shows up twice) makes it read again.
import * as z from "zod";
import { CloudError } from "./client.ts";
import { listOf } from "./list.ts";
import { fingerprint } from "./marks.ts";
import { type Page, readAll, Total } from "./paging.ts";

const TRIES = 3;

/** Asks for a page; undefined fields are not sent. */
export type AskPool = (place: { continue?: string; offset?: number }) => Promise<unknown>;

export interface PoolList {
  rows: unknown[];
  pages: number;
  /** The fingerprint of a short first page whose `continue` leads nowhere: known, it need not be followed again. */
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

/** Throws CloudError "paging" when full pages repeat or the list does not hold still. */
export async function readPoolList(ask: AskPool, paging: PoolPaging): Promise<PoolList> {
  let unsure = "";
  for (let tries = 1; tries <= TRIES; tries++) {
    const list = await readOnce(ask, paging);
    const rows = list.flatMap((page) => page.rows);
    const doubtful = straddling(list, paging);
    const found = { rows, pages: list.length, end: list.at(-1)?.end };
    if (doubtful === "" || doubtful === unsure) return found;
    unsure = doubtful;
  }
  throw new CloudError("paging", "the pool's events kept changing while they were read page by page");
}

interface PoolPage extends Page {
  token: string;
  end?: string;
}

async function readOnce(ask: AskPool, { limit, end }: PoolPaging): Promise<PoolPage[]> {
  const first = pageOf(await ask({}));
  if (first.token === "") return first.total === undefined ? [first] : byOffset(ask, first, limit);
  const pages = [first];
  const known = new Set([fingerprint(first.rows)]);
  const used = new Set<string>();
  for (let page = first; page.token !== ""; ) {
    const short = page.rows.length < limit;
    if (short && pages.length === 1 && known.has(end ?? "")) return [{ ...first, end: end! }];
    if (used.has(page.token)) {
      if (short) break;
      throw repeated();
    }
    used.add(page.token);
    const next = pageOf(await ask({ continue: page.token }));
    if (next.rows.length === 0) break;
    const print = fingerprint(next.rows);
    if (known.has(print)) {
      // The documents' own example ends in a short page with a token: such a token may lead back to where it came from.
      if (next.rows.length < limit) break;
      throw repeated();
    }
    known.add(print);
    pages.push(next);
    page = next;
  }
  const dead = pages.length === 1 && first.rows.length < limit;
  return dead ? [{ ...first, end: fingerprint(first.rows) }] : pages;
}

async function byOffset(ask: AskPool, first: PoolPage, limit: number): Promise<PoolPage[]> {
  const size = Math.max(1, first.rows.length);
  const all = await readAll(async (offset) => pageOf(await ask(offset === 0 ? {} : { offset })), limit, first);
  const pages: PoolPage[] = [];
  for (let start = 0; start < all.length; start += size) {
    pages.push({ rows: all.slice(start, start + size), total: first.total, token: "" });
  }
  return pages;
}

function pageOf(answer: unknown): PoolPage {
  const { rows, head } = listOf(answer, "items", Answer, "pool events");
  const token = head.metadata?.remainingItemCount === 0 ? "" : (head.metadata?.continue ?? "");
  return { rows, total: head.total, token };
}

/** The rows that show up on more than one page though they may be one item that grew meanwhile; "" for none. */
function straddling(pages: PoolPage[], { same }: PoolPaging): string {
  if (pages.length === 1) return "";
  const places = new Map<string, { page: number; rows: Set<string>; across: boolean }>();
  for (const [page, { rows }] of pages.entries()) {
    for (const row of rows) {
      const key = same(row);
      if (key === undefined) continue;
      const place = places.get(key) ?? { page, rows: new Set(), across: false };
      place.across ||= place.page !== page;
      place.rows.add(JSON.stringify(row));
      places.set(key, place);
    }
  }
  const doubtful = [...places.values()].filter((place) => place.across && place.rows.size > 1);
  return doubtful
    .map((place) => [...place.rows].sort().join())
    .sort()
    .join();
}

function repeated(): CloudError {
  return new CloudError("paging", "the API gave the same page of pool events again");
}
