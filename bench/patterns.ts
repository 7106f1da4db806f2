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
/** Rules of one source, where these are of all kinds. */
const RULES_OF_SOURCE = 10;
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

export const KINDS = [...OPERATORS, "mixed", "several", "unselective"] as const;
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

/** Of the events of `several`, every tenth is changed to match five rules, as far as there are so many. */
export function makeEventsFor(kind: Kind, rules: readonly BenchRule[], count: number): BenchEvent[] {
  const events = makeEvents(count);
  if (kind !== "several") return events;
  const bySource = Map.groupBy(rules, ({ when }) => when["source"]?.[0] as string);
  const sources = [...bySource.keys()];
  return events.map((event, index) => {
    if (index % 10 !== 0) return event;
    const source = sources[((index / 10) * 7) % sources.length]!;
    return { ...event, source, ...bySource.get(source)!.reduce(demanded, {}) };
  });
}

/** The values that a rule demands beside its source; of two rules for one field the later counts. */
function demanded(values: Partial<BenchEvent>, { when }: BenchRule): Partial<BenchEvent> {
  const { resource, message, level, count } = when as Record<string, [string & Record<string, string>]>;
  if (resource) return { ...values, resource: resource[0] };
  if (level) return { ...values, level: "error" };
  if (count) return { ...values, count: Number(count[0]["numeric"]![1]) };
  if (message === undefined) return values;
  const { prefix, wildcard } = message[0];
  return {
    ...values,
    message: `${prefix ?? wildcard!.replaceAll("*", " ")} of model, retry later; see the log of node`,
  };
}

/**
 * `unselective` rules have one operator on some field and nothing else, the others an exact source and one operator. In
 * `several` the rules of each source are of all kinds, in `mixed` of one.
 */
export function makeRules(kind: Kind, count: number): BenchRule[] {
  if (kind === "several") return makeCrowded(count);
  return Array.from({ length: count }, (_, index) => {
    const name = OPERATORS.find((one) => one === kind) ?? OPERATORS[index % OPERATORS.length]!;
    const test = operator(name, Math.floor(index / OPERATORS.length));
    return {
      id: `rule-${index}`,
      when: kind === "unselective" ? test : { source: [`service-${index % SOURCES}`], ...test },
    };
  });
}

function makeCrowded(count: number): BenchRule[] {
  const sources = Math.ceil(count / RULES_OF_SOURCE);
  return Array.from({ length: count }, (_, index) => {
    const name = OPERATORS[Math.floor(index / sources) % OPERATORS.length]!;
    const test = name === "anything-but" ? { level: [{ "anything-but": ["normal"] }] } : operator(name, index);
    return { id: `rule-${index}`, when: { source: [`service-${index % sources}`], ...test } };
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
