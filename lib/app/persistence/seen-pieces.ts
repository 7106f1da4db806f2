// A target's seen-set in pieces: what a new event adds is a small row, and what was seen before lies in rows that are
// seldom written. A seen-set that is small is part of the target's row.
import { hashOf } from "../../model/hash.ts";
import type { Mark } from "../../sources/port.ts";
import { marksOf, withSeen } from "../../sources/reading/cursor.ts";
import { decodeMarks, encodeMarks } from "../../sources/reading/marks.ts";
import type { Key, Store } from "../../store/port.ts";
import type { TargetRow } from "./rows.ts";
import type { Unit } from "./unit.ts";

/** Characters of marks in the target's own row. */
const OWN = 1_500;
/** Characters of marks in a piece. */
const PIECE = 30_000;

/** A row with marks; none of them is newer than what the target's own row says about the same item. */
export interface Piece {
  name: number;
  marks: ReadonlyMap<string, Mark>;
}

function pieceKey(target: Key, name: number): Key {
  return { pk: `seen/${hashOf([target.pk, target.sk])}`, sk: String(name).padStart(9, "0") };
}

/** The pieces that the row names; undefined where one of them is gone, since the target's row has changed. */
export async function loadPieces(
  { store }: { store: Store },
  target: Key,
  { pieces = [] }: TargetRow,
): Promise<Piece[] | undefined> {
  if (pieces.length === 0) return [];
  const found = await store.getMany<string>(pieces.map((name) => pieceKey(target, name)));
  if (found.length < pieces.length) return undefined;
  return found
    .map(({ sk, data }): Piece => ({ name: Number(sk), marks: decodeMarks(data) }))
    .sort((a, b) => a.name - b.name);
}

/** The row with its whole seen-set in its cursor. */
export function withPieces(row: TargetRow, pieces: readonly Piece[]): TargetRow {
  if (pieces.length === 0) return row;
  const { pieces: _names, ...whole } = row;
  const seen = new Map([...pieces.flatMap(({ marks }) => [...marks]), ...decodeMarks(row.cursor.seen)]);
  return { ...whole, cursor: withSeen(row.cursor, encodeMarks(seen.values())) };
}

/** Puts the target's row, and pieces where its own marks are too many. Returns the pieces as they are then. */
export async function putTargetRow(
  unit: Unit,
  key: Key,
  row: TargetRow,
  pieces: readonly Piece[],
): Promise<readonly Piece[]> {
  const seen = marksOf(row.cursor);
  const living = pieces
    .filter((piece) => holds(piece, ({ fp }) => seen.has(fp)))
    .map((piece) => withoutForgotten(unit, key, piece, seen));
  const own = ownMarks(seen, living);
  const text = encodeMarks(own);
  const isSmall = living.length === 0 && text.length <= 2 * OWN;
  const next = isSmall || text.length <= OWN ? living : withPiece(unit, key, living, own, text.length);
  const gone = pieces
    .filter(({ name }) => !next.some((piece) => piece.name === name))
    .map(({ name }) => pieceKey(key, name));
  await unit.load(gone);
  for (const piece of gone) unit.delete(piece);
  const cursor = withSeen(row.cursor, next === living ? text : "");
  const names = next.length === 0 ? {} : { pieces: next.map(({ name }) => name) };
  unit.put(key, { ...row, cursor, ...names } satisfies TargetRow);
  return next;
}

/**
 * Puts the target's row with its whole seen-set, and until when (ms) it is kept: what expires is one row. False where
 * it does not fit into one commit, or a piece is gone.
 */
export async function putWholeRow(unit: Unit, target: Key, row: TargetRow, expires: number): Promise<boolean> {
  const names = row.pieces ?? [];
  const keys = names.map((name) => pieceKey(target, name));
  await unit.load(keys);
  const pieces = keys.flatMap((key, at): Piece[] => {
    const text = unit.value<string>(key);
    return text === undefined ? [] : [{ name: names[at]!, marks: decodeMarks(text) }];
  });
  if (pieces.length < keys.length) return false;
  unit.put(target, withPieces(row, pieces), { expires });
  for (const key of keys) unit.delete(key);
  return unit.fits();
}

/**
 * The piece without marks that are kept until something makes them void, and were forgotten: they would come back with
 * the piece. Others are too old by then to count.
 */
function withoutForgotten(unit: Unit, target: Key, piece: Piece, seen: ReadonlyMap<string, Mark>): Piece {
  const isForgotten = ({ fp, keep }: Mark) => keep === true && !seen.has(fp);
  if (!holds(piece, isForgotten)) return piece;
  const marks = new Map([...piece.marks].filter(([, mark]) => !isForgotten(mark)));
  unit.create(pieceKey(target, piece.name), encodeMarks(marks.values()));
  return { ...piece, marks };
}

function holds({ marks }: Piece, is: (mark: Mark) => boolean): boolean {
  for (const mark of marks.values()) if (is(mark)) return true;
  return false;
}

/** What no piece says. */
function ownMarks(seen: ReadonlyMap<string, Mark>, pieces: readonly Piece[]): Mark[] {
  if (pieces.length === 0) return [...seen.values()];
  const known = new Map<string, Mark>();
  for (const { marks } of pieces) for (const mark of marks.values()) known.set(mark.fp, mark);
  const own: Mark[] = [];
  for (const mark of seen.values()) {
    const before = known.get(mark.fp);
    if (before === undefined || !isSame(before, mark)) own.push(mark);
  }
  return own;
}

function isSame(one: Mark, other: Mark): boolean {
  if (one === other) return true;
  if (one.t !== other.t || one.keep !== other.keep) return false;
  return one.v === other.v || (Array.isArray(one.v) && JSON.stringify(one.v) === JSON.stringify(other.v));
}

/** The marks go into the newest piece while there is room, else into a new one. */
function withPiece(
  unit: Unit,
  target: Key,
  pieces: readonly Piece[],
  own: readonly Mark[],
  length: number,
): readonly Piece[] {
  const last = pieces.at(-1);
  const before = last === undefined ? 0 : encodeMarks(last.marks.values()).length;
  const joins = last !== undefined && before + length <= PIECE;
  const marks = new Map([...(joins ? last.marks : []), ...own.map((mark): [string, Mark] => [mark.fp, mark])]);
  const piece: Piece = { name: joins ? last.name : (last?.name ?? 0) + 1, marks };
  unit.create(pieceKey(target, piece.name), encodeMarks(marks.values()));
  return [...(joins ? pieces.slice(0, -1) : pieces), piece];
}
