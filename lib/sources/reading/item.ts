// What an adapter understands of one raw item. A bad item never fails its page: it is told apart, with the reason.
import * as z from "zod";
import type { Resource } from "../../model/event.ts";
import { lookup } from "../../model/lookup.ts";
import type { Level } from "../../model/source-kinds.ts";

const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * An instant as the APIs write it, to ms since the epoch: a number or its digits (ms), or ISO 8601
 * (UTC where it names no zone).
 */
export const Time = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,16}$/)
      .transform(Number),
    z
      .string()
      .regex(/^\d{4}-\d\d-\d\d[T ]/)
      .transform(parseIso),
  ])
  .pipe(z.number().min(0).max(LAST_MS).transform(Math.floor));

/** A number of things: itself or its digits. */
export const Whole = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .pipe(z.int().min(0));

/** The parts of an event that an item gives by itself. */
export interface Parts {
  level: Level;
  type: string;
  reason: string | null;
  message: string;
  resource: Resource;
}

export interface Item extends Parts {
  ok: true;
  /** ms */
  t: number;
  /** What tells it from others of the same target, its time included. */
  identity: readonly unknown[];
  raw: unknown;
}

export interface BadItem {
  ok: false;
  /** ms, where at least that could be read. */
  t: number | undefined;
  /** For people: which field, and what is wrong with it. */
  reason: string;
  raw: unknown;
}

/** Reads a raw item by its schema; `time` names the field that dates a bad one. */
export function parseItem<T, R>(schema: z.ZodType<T>, raw: unknown, time: string, make: (value: T) => R): R | BadItem {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return make(parsed.data);
  const reason = parsed.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.length === 0 ? "item" : issue.path.join(".")}: ${issue.message}`)
    .join("; ");
  return { ok: false, t: timeIn(raw, time), reason, raw };
}

/** The time in a field of a raw item; undefined where there is none to be read. ms */
export function timeIn(raw: unknown, field: string): number | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  return Time.safeParse((raw as Record<string, unknown>)[field]).data;
}

/**
 * The level of an API's own word, whatever its case. A word nobody documented is a warning: seen, but waking nobody.
 */
export function levelOf(word: string | undefined, levels: Readonly<Record<string, Level>>): Level {
  return lookup(levels, word?.toLowerCase() ?? "") ?? "warning";
}

function parseIso(text: string): number {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`;
  return Date.parse(zoned.replace(" ", "T"));
}
