// Reading query parameters the strict way: what the documents do not allow is refused, so that a client's slip shows.
import { Refusal } from "./refusal.ts";

export interface Query {
  /** Undefined when absent or left blank. */
  text(name: string): string | undefined;
  /** A whole number, both bounds included. */
  integer(name: string, bounds?: { min?: number; max?: number }): number | undefined;
  oneOf<const T extends string>(name: string, values: readonly T[]): T | undefined;
}

/** Refuses names that no version of the documents has, and names given twice. */
export function readQuery(params: URLSearchParams, allowed: readonly string[]): Query {
  for (const name of new Set(params.keys())) {
    if (!allowed.includes(name)) throw new Refusal(400, `Unknown parameter ${name}.`);
    if (params.getAll(name).length > 1) throw new Refusal(400, `Parameter ${name} is given twice.`);
  }
  const text = (name: string) => params.get(name) || undefined;
  return {
    text,
    integer(name, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
      if (number >= min && number <= max) return number;
      throw new Refusal(400, `Invalid parameter ${name}: an integer from ${min} to ${max} is expected.`);
    },
    oneOf(name, values) {
      const value = text(name);
      if (value === undefined) return undefined;
      const known = values.find((candidate) => candidate === value);
      if (known !== undefined) return known;
      throw new Refusal(400, `Invalid parameter ${name}: one of ${values.join(", ")} is expected.`);
    },
  };
}
