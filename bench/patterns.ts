// Generated events of eight fields (about 270 bytes of JSON) and rules over them, each kind of
// operator alone and mixed.
import { createRandom } from "../lib/simulator/random.ts";

export interface BenchEvent {
  source: string;
  type: string;
  level: string;
  region: string;
  resource: string;
  message: string;
  count: number;
  time: string;
}
export interface BenchRule {
  id: string;
  when: Record<string, unknown[]>;
}

const SOURCES = 1_000;
const WORDS = [
  "image",
  "model",
  "node",
  "worker",
  "quota",
  "volume",
  "health",
  "probe",
  "restart",
  "timeout",
  "memory",
];
const OPERATORS = ["exact", "prefix", "anything-but", "numeric", "wildcard"] as const;
type OperatorName = (typeof OPERATORS)[number];

export const KINDS = [...OPERATORS, "mixed", "unselective"] as const;
export type Kind = (typeof KINDS)[number];

export function makeEvents(count: number): BenchEvent[] {
  const random = createRandom(1);
  const word = () => WORDS[random.int(0, WORDS.length - 1)]!;
  return Array.from({ length: count }, (_, index) => ({
    source: `service-${random.int(0, SOURCES - 1)}`,
    type: `type-${random.int(0, 99)}`,
    level: index % 7 === 0 ? "error" : "normal",
    region: "eu-de",
    resource: `resource-${random.int(0, 9_999)}`,
    message: `${word()} ${word()} failed on ${word()} ${random.int(0, 999)}, retry later; see the log of ${word()} for what came before it there`,
    count: random.int(0, 9_999),
    time: new Date(Date.UTC(2026, 10, 20, 10, 0, 0, index)).toISOString(),
  }));
}

/**
 * `unselective` rules have one operator on some field and nothing else, the others an exact source and one operator.
 */
export function makeRules(kind: Kind, count: number): BenchRule[] {
  return Array.from({ length: count }, (_, index) => {
    const name = OPERATORS.find((one) => one === kind) ?? OPERATORS[index % OPERATORS.length]!;
    const test = operator(name, Math.floor(index / OPERATORS.length));
    return {
      id: `rule-${index}`,
      when: kind === "unselective" ? test : { source: [`service-${index % SOURCES}`], ...test },
    };
  });
}

function operator(name: OperatorName, index: number): Record<string, unknown[]> {
  const word = (step: number) => WORDS[Math.floor(index / step) % WORDS.length]!;
  switch (name) {
    case "exact":
      return { resource: [`resource-${index % 10_000}`] };
    case "prefix":
      return { message: [{ prefix: `${word(1)} ${word(11)} failed on ${word(121)} ${index % 10}` }] };
    case "anything-but":
      return { type: [{ "anything-but": [`type-${index % 100}`] }] };
    case "numeric":
      return { count: [{ numeric: [">=", index % 10_000, "<", (index % 10_000) + 50] }] };
    case "wildcard":
      return { message: [{ wildcard: `${word(1)}*${word(11)} ${index % 1_000},*log of ${word(121)}*` }] };
  }
}
