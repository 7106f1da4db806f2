// Reads a whole list behind one fixed query by an offset of which nobody says whether it counts
// records, pages or nothing.
// Invariant: every row once, rows equal in every field included, and never a loop; where rows may be missing, it is
// said. Rows are believed over totals: a total only decides where both readings of the offset fit all that was shown.
import { CloudError } from "../cloud/client.ts";
import { Whole } from "./item.ts";

export interface Page<T = unknown> {
  rows: T[];
  /** How many rows the query has in all; undefined where the API does not say or its word is not to be trusted. */
  total: number | undefined;
}

export type AskPage<T = unknown> = (offset: number) => Promise<Page<T>>;

export interface Listing<T = unknown> {
  rows: T[];
  /** Set where there may be more rows than these: CloudError "paging". */
  broken?: CloudError;
}

const TRIES = 4;
/** In memory at a time: rows and the events that they make. */
const MAX_ROWS = 10_000;
/** Of rows of which little more than a name is kept. */
const MAX_NAMED = 150_000;

/** How a list is asked for. */
interface Bounds {
  /** Rows of one page. */
  limit: number;
  /** Rows of the whole list; more are no list that anybody has. */
  most: number;
}

/** A total as the APIs write it; undefined for anything that is none. */
export const Total = Whole.optional().catch(undefined);

/** Whether a first page may leave something out: servers cut pages shorter than asked, and say wrong totals. */
export function hasMore(page: Page, limit: number): boolean {
  return page.rows.length > 0 && (page.rows.length >= limit || (page.total ?? 0) > page.rows.length);
}

/**
 * All rows of the query, of which the caller keeps little more than names. Throws CloudError "paging" when full pages
 * repeat or the list does not hold still.
 */
export async function readAll<T>(ask: AskPage<T>, limit: number): Promise<T[]> {
  const { rows, broken } = await readWithin(ask, await ask(0), { limit, most: MAX_NAMED });
  if (broken !== undefined) throw broken;
  return rows;
}

/**
 * All rows that the API gives; `first` is its answer at offset 0, where it is at hand. Begins anew when the list
 * changes on the way, since that shifts the pages. Throws CloudError "paging" when it does not hold still.
 */
export async function readList<T>(ask: AskPage<T>, limit: number, first?: Page<T>): Promise<Listing<T>> {
  return readWithin(ask, first ?? (await ask(0)), { limit, most: MAX_ROWS });
}

async function readWithin<T>(ask: AskPage<T>, first: Page<T>, bounds: Bounds): Promise<Listing<T>> {
  let start = first;
  for (let tries = 1; tries <= TRIES; tries++) {
    if (!hasMore(start, bounds.limit)) return { rows: start.rows };
    const list = (await readRest(ask, start, bounds)) ?? (await readUncounted(ask, start, bounds));
    if (list !== undefined) return list;
    start = await ask(0);
  }
  throw new CloudError("paging", "the list kept changing while it was read page by page");
}

/** For totals that differ from page to page of a list that holds still; undefined where it does not. */
async function readUncounted<T>(ask: AskPage<T>, start: Page<T>, bounds: Bounds): Promise<Listing<T> | undefined> {
  const again = await ask(0);
  if (again.total !== start.total || !same(again.rows, start.rows)) return undefined;
  const uncounted = async (offset: number) => ({ rows: (await ask(offset)).rows, total: undefined });
  return readRest(uncounted, { rows: start.rows, total: undefined }, bounds);
}

/** The rows from the first page on; undefined when the list changed meanwhile. */
async function readRest<T>(ask: AskPage<T>, first: Page<T>, bounds: Bounds): Promise<Listing<T> | undefined> {
  const { total } = first;
  const size = first.rows.length;
  // The second page, or the first one shifted by a record.
  const second = await ask(1);
  // A page far beyond, or what follows the first one's records.
  const beyond = size === 1 ? second : await ask(size);
  if (second.total !== total || beyond.total !== total) return undefined;
  const still = same(second.rows, first.rows);
  if (same(second.rows, beyond.rows) && (still || (size > 1 && second.rows.length > 0))) {
    const ignored = !(await looksAtOffset(ask, total));
    if (ignored && still) return { rows: first.rows, ...(size === total ? {} : repeated(first.rows, bounds.limit)) };
    // Not the first page, unless that has changed; else the last one, given for every offset beyond.
    if (ignored && same((await ask(0)).rows, second.rows)) return undefined;
  }
  const byRecord = isShifted(first, second, beyond) && !(await isCountedInPages(ask, first, second));
  return followPages(ask, first, byRecord ? beyond : second, byRecord, bounds);
}

/** The rows of the first page, of `next` and of all after it; offsets count records, or else pages. */
async function followPages<T>(
  ask: AskPage<T>,
  first: Page<T>,
  next: Page<T>,
  byRecord: boolean,
  { limit, most }: Bounds,
): Promise<Listing<T> | undefined> {
  const { total } = first;
  const all = [...first.rows];
  let previous = first.rows;
  let page = next;
  for (let pages = 1; ; pages++) {
    if (page.total !== total) return undefined;
    if (page.rows.length === 0) return { rows: all };
    if (same(page.rows, previous) && !(await looksAtOffset(ask, total)))
      return { rows: all, ...repeated(page.rows, limit) };
    for (const row of page.rows) all.push(row);
    const isShort = page.rows.length < first.rows.length;
    if (all.length === total || (isShort && all.length >= (total ?? 0))) return { rows: all };
    previous = page.rows;
    const following = await untilEndless(() => ask(byRecord ? all.length : pages + 1), all.length, most);
    if (following instanceof CloudError) return { rows: all, broken: following };
    page = following;
  }
}

/** The next page behind so many rows; the error where the list is longer than is read at once. Throws all others. */
export async function untilEndless<T>(ask: () => Promise<T>, rows: number, most = MAX_ROWS): Promise<T | CloudError> {
  if (rows > most) return new CloudError("endless", `the list does not come to its end: ${rows} rows so far`);
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CloudError && error.kind === "endless") return error;
    throw error;
  }
}

/** Whether offset 1 skipped one record, by what follows the first page if it did. */
function isShifted(first: Page, second: Page, beyond: Page): boolean {
  return same(second.rows, [...first.rows.slice(1), ...beyond.rows.slice(0, 1)]);
}

/**
 * Whether what looks shifted by one record is a second page of equal rows after all: then the last pages are as long as
 * the total says. Of pages of two rows nobody can tell.
 */
async function isCountedInPages(ask: AskPage, { rows, total }: Page, second: Page): Promise<boolean> {
  const size = rows.length;
  if (size <= 2 || total === undefined || second.rows.length !== Math.min(size, total - size)) return false;
  const last = Math.ceil(total / size) - 1;
  const lengthAt = async (page: number) => (await ask(page)).rows.length;
  if ((await lengthAt(last + 1)) > 0 || (await lengthAt(last)) !== total - last * size) return false;
  return (await lengthAt(last - 1)) === size;
}

/** Two equal pages may be rows that are equal in every field, but only where nothing is shown beyond the last one. */
async function looksAtOffset(ask: AskPage, total: number | undefined): Promise<boolean> {
  return total !== undefined && (await ask(total)).rows.length === 0;
}

/** A page that is shown again ends the list, unless it is so full that there may be others. */
export function repeated(page: unknown[], limit: number): Pick<Listing, "broken"> {
  if (page.length < limit) return {};
  return { broken: new CloudError("paging", "the API gives the same full page again where another was asked for") };
}

function same(a: unknown[], b: unknown[]): boolean {
  return a.length === b.length && JSON.stringify(a) === JSON.stringify(b);
}
