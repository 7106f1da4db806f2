// The rules one after the other as compiled closures: what a matcher without an index does.
import type { BenchEvent, BenchRule } from "./patterns.ts";

type Closure = (event: BenchEvent) => boolean;

export function compileLoop(rules: readonly BenchRule[]): (event: BenchEvent) => string[] {
  const compiled = rules.map(({ id, when }): { id: string; fields: Closure[] } => ({
    id,
    fields: Object.entries(when).map(([field, [operator]]) => {
      const test = closure(operator);
      return (event) => test(event[field as keyof BenchEvent]);
    }),
  }));
  return (event) => {
    const found: string[] = [];
    for (const { id, fields } of compiled) if (fields.every((field) => field(event))) found.push(id);
    return found;
  };
}

function closure(operator: unknown): (value: string | number) => boolean {
  if (typeof operator === "string") return (value) => value === operator;
  const [name, operand] = Object.entries(operator as Record<string, unknown>)[0]!;
  if (name === "prefix") return (value) => String(value).startsWith(operand as string);
  if (name === "anything-but") {
    const excluded = new Set(operand as string[]);
    return (value) => !excluded.has(value as string);
  }
  if (name === "numeric") {
    const [, low, , high] = operand as [string, number, string, number];
    return (value) => (value as number) >= low && (value as number) < high;
  }
  const parts = (operand as string).split("*");
  return (value) => matchesParts(value as string, parts);
}

/** `*` between the parts; the first and the last are anchored. */
export function matchesParts(text: string, parts: readonly string[]): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (let index = 1; index < parts.length - 1; index++) {
    const found = text.indexOf(parts[index]!, at);
    if (found < 0) return false;
    at = found + parts[index]!.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
