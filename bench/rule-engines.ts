// The same rules in two public rule engines, written as their documentation says.
import { LogicEngine } from "json-logic-engine";
import { Engine } from "json-rules-engine";
import type { BenchEvent, BenchRule } from "./patterns.ts";
import { matchesParts } from "./rule-loop.ts";

type Condition = { fact: string; operator: string; value: unknown };

/** json-rules-engine: all rules in one engine, which is asynchronous. */
export function compileRulesEngine(rules: readonly BenchRule[]): (event: BenchEvent) => Promise<string[]> {
  const engine = new Engine();
  engine.addOperator<string, string>("prefix", (text, prefix) => text.startsWith(prefix));
  engine.addOperator<string, string[]>("wildcard", matchesParts);
  for (const { id, when } of rules) {
    const all = Object.entries(when).flatMap(([fact, [operator]]) => conditions(fact, operator));
    engine.addRule({ conditions: { all }, event: { type: id } });
  }
  return async (event) => (await engine.run(event)).events.map(({ type }) => type);
}

function conditions(fact: string, operator: unknown): Condition[] {
  if (typeof operator === "string") return [{ fact, operator: "equal", value: operator }];
  const [name, operand] = Object.entries(operator as Record<string, unknown>)[0]!;
  if (name === "anything-but") return [{ fact, operator: "notIn", value: operand }];
  if (name === "wildcard") return [{ fact, operator: name, value: (operand as string).split("*") }];
  if (name === "prefix") return [{ fact, operator: name, value: operand }];
  const [, low, , high] = operand as [string, number, string, number];
  return [
    { fact, operator: "greaterThanInclusive", value: low },
    { fact, operator: "lessThan", value: high },
  ];
}

/** json-logic-engine: each rule built into a function, called one after the other. */
export function compileLogicEngine(rules: readonly BenchRule[]): (event: BenchEvent) => string[] {
  const engine = new LogicEngine();
  engine.addMethod("prefix", ([text, prefix]: [string, string]) => text.startsWith(prefix));
  engine.addMethod("wildcard", ([text, ...parts]: string[]) => matchesParts(text!, parts));
  const built = rules.map(({ id, when }) => ({
    id,
    matches: engine.build({
      and: Object.entries(when).map(([field, [operator]]) => logic({ var: field }, operator)),
    }) as (event: BenchEvent) => unknown,
  }));
  return (event) => {
    const found: string[] = [];
    for (const { id, matches } of built) if (matches(event)) found.push(id);
    return found;
  };
}

function logic(field: { var: string }, operator: unknown): object {
  if (typeof operator === "string") return { "===": [field, operator] };
  const [name, operand] = Object.entries(operator as Record<string, unknown>)[0]!;
  if (name === "anything-but") return { "!": [{ in: [field, operand] }] };
  if (name === "wildcard") return { wildcard: [field, ...(operand as string).split("*")] };
  if (name === "prefix") return { prefix: [field, operand] };
  const [, low, , high] = operand as [string, number, string, number];
  return { "<=": [low, field, high - 1] };
}
