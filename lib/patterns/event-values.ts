// Reads one field of an event at a time, as patterns come to need it; events with arrays on the way
// are read as a whole.
import { compileReader, type EventFields } from "./event-fields.ts";
import type { Scalar } from "./tree.ts";

/** In place of a value where only all fields together tell what there is: an array, or keys that hold dots. */
export const MANY: unique symbol = Symbol("many");

export interface EventValues {
  /** Starts with another event. */
  open(event: object): void;
  /** The value of the path with that index, undefined where the event has none. */
  value(path: number): Scalar | undefined | typeof MANY;
  /** All fields of the event. */
  fields(): EventFields;
  /** True where `fields` was needed and found elements of arrays, whose values may not be combined freely. */
  inElements(): boolean;
  /** Forgets the event. */
  close(): void;
}

/** One step of a path: its key, and the keys with dots that could stand for it and steps after it. */
interface Step {
  key: string;
  spanning: readonly string[];
}

/** Longer paths have too many spellings to look for each. */
const MAX_STEPS = 4;
const EMPTY: object = {};

export function createEventValues(paths: readonly string[]): EventValues {
  const steps = paths.map(stepsOf);
  // Most paths are one key.
  const keys = steps.map((list) => (list?.length === 1 ? (list[0] as Step).key : undefined));
  const read = compileReader(paths);
  let event = EMPTY;
  let fields: EventFields | undefined;
  return {
    open(next) {
      fields = undefined;
      event = typeof next === "object" && next !== null && !Array.isArray(next) ? next : EMPTY;
    },
    value(path) {
      const key = keys[path];
      return key === undefined ? readValue(event, steps[path]) : judgeValue(event[key as keyof typeof event]);
    },
    fields() {
      fields ??= read(event);
      return fields;
    },
    inElements: () => fields !== undefined && fields.elements.parent.length > 1,
    close() {
      fields = undefined;
      event = EMPTY;
    },
  };
}

/** Undefined for a path that cannot be followed key by key. */
function stepsOf(path: string): readonly Step[] | undefined {
  const keys = path.split(".");
  if (keys.length > MAX_STEPS || keys.includes("__proto__")) return undefined;
  return keys.map((key, at) => ({
    key,
    spanning: keys.slice(at + 1).map((_, more) => keys.slice(at, at + more + 2).join(".")),
  }));
}

/** What objects inherit are functions, which are no values: there is no need to ask what is their own. */
function readValue(event: object, steps: readonly Step[] | undefined): Scalar | undefined | typeof MANY {
  if (steps === undefined) return MANY;
  let value: unknown = event;
  for (let at = 0; at < steps.length; at++) {
    if (typeof value !== "object" || value === null) return undefined;
    if (Array.isArray(value)) return MANY;
    const { key, spanning } = steps[at] as Step;
    for (let other = 0; other < spanning.length; other++) {
      if (value[spanning[other] as keyof typeof value] !== undefined) return MANY;
    }
    value = value[key as keyof typeof value];
  }
  return judgeValue(value);
}

function judgeValue(value: unknown): Scalar | undefined | typeof MANY {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? MANY : undefined;
  return typeof value === "function" ? undefined : (value as Scalar | undefined);
}
