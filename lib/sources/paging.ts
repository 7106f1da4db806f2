// Reads a whole list behind one fixed query by an offset of which nobody says whether it counts records or pages.
// Invariant: every row once, rows equal in every field included, or an error; never a loop, never a silent cut.
import { CloudError } from "./client.ts";
import { Whole } from "./item.ts";

export interface Page {
  rows: unknown[];
  /** How many rows the query has in all; undefined where the API does not say or its word is not to be trusted. */
  total: number | undefined;
}

export type AskPage = (offset: number) => Promise<Page>;

const TRIES = 4;

/** A total as the APIs write it; undefined for anything that is none. */
export const Total = Whole.optional().catch(undefined);

/** Whether a first page leaves something out: servers may cut pages shorter than asked, and may say a wrong total. */
export function hasMore(page: Page, limit: number): boolean {
  return page.rows.length >= limit || (page.total ?? 0) > page.rows.length;
}

/**
 * All rows of the query; `first` is its answer at offset 0, where it is at hand. Begins anew when `total` changes on the way,
 * since that shifts the pages. Throws CloudError "paging" when pages repeat or the list does not hold still.
 */
export async function readAll(ask: AskPage, limit: number, first?: Page): Promise<unknown[]> {
  let start = first ?? (await ask(0));
  for (let tries = 1; tries <= TRIES; tries++) {
    if (!hasMore(start, limit) || start.rows.length === 0) return start.rows;
    const rows = await readRest(ask, start);
    if (rows !== undefined) return rows;
    start = await ask(0);
  }
  throw new CloudError("paging", "the list kept changing while it was read page by page");
}

/** The rows from the first page on; undefined when the total changed. */
async function readRest(ask: AskPage, first: Page): Promise<unknown[] | undefined> {
  const { total } = first;
  const size = first.rows.length;
  // Beyond the last page, but not beyond the last record: only the unit tells whether something is there.
  const probe = total === undefined ? size : Math.max(size, Math.ceil(total / size));
  const answer = await ask(probe);
  if (answer.total !== total) return undefined;
  const byRecord = answer.rows.length > 0;
  const all = [...first.rows];
  let previous = first.rows;
  let page = byRecord && probe === size ? answer : await ask(byRecord ? size : 1);
  // Exactly one page of records: the second is the first one shifted by one.
  if (!byRecord && total === undefined && same(page.rows, first.rows.slice(1))) return all;
  for (let pages = 1; ; pages++) {
    if (page.total !== total) return undefined;
    if (page.rows.length === 0) return all;
    if (same(page.rows, previous)) await proveOffset(ask, total);
    for (const row of page.rows) all.push(row);
    if (total !== undefined && all.length > total) throw repeated();
    if (total === undefined ? page.rows.length < size : all.length === total) return all;
    previous = page.rows;
    page = await ask(byRecord ? all.length : pages + 1);
  }
}

/** Two equal pages may be rows that are equal in every field, but only where the server looks at the offset at all. */
async function proveOffset(ask: AskPage, total: number | undefined): Promise<void> {
  if (total === undefined || (await ask(total)).rows.length > 0) throw repeated();
}

function same(a: unknown[], b: unknown[]): boolean {
  return a.length === b.length && JSON.stringify(a) === JSON.stringify(b);
}

function repeated(): CloudError {
  return new CloudError("paging", "the API gave the same page again for another offset");
}
