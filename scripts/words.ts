// Event patterns and durations in words, for pages that people read.

const UNITS: readonly [ms: number, name: string][] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
];
/** So many conditions stand in one line. */
const IN_LINE = 3;

/** `90_000` is "90 seconds"; one day is 24 hours. */
export function durationInWords(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms % unit === 0 && (unit < 86_400_000 || ms > unit))!;
  const number = ms / size;
  return `${number} ${name}${number === 1 ? "" : "s"}`;
}

/** Goes on from "an event …". */
export function patternInWords(pattern: Record<string, unknown>): string {
  const alternatives = pattern["$or"] as Record<string, unknown>[] | undefined;
  if (alternatives === undefined) return `whose\n${fieldsInWords(pattern, "")}`;
  const all = alternatives.map((one) => `- fields are\n${fieldsInWords(one, "  ")}`);
  return `for which one of these holds:\n${all.join("\n")}`;
}

function fieldsInWords(pattern: Record<string, unknown>, indent: string): string {
  return leavesOf(pattern, "")
    .map(([field, tests]) => `${indent}- \`${field}\` ${testsInWords(tests, indent)}`)
    .join("\n");
}

/** The tests of each field, by its dotted path. */
function leavesOf(pattern: Record<string, unknown>, above: string): [field: string, tests: unknown[]][] {
  return Object.entries(pattern).flatMap(([field, tests]): [string, unknown[]][] => {
    const path = `${above}${field}`;
    return Array.isArray(tests) ? [[path, tests]] : leavesOf(tests as Record<string, unknown>, `${path}.`);
  });
}

function testsInWords(tests: readonly unknown[], indent: string): string {
  const words = tests.flatMap(testInWords);
  const [only] = words;
  if (words.length === 1) return `${only!.verb} \`${only!.value}\``;
  const verbs = [...new Set(words.map(({ verb }) => verb))];
  const each = words.map(({ verb, value }) => (verbs.length === 1 ? `\`${value}\`` : `${verb} \`${value}\``));
  const head = only!.isNegated ? headOfNone(verbs) : verbs.length === 1 ? `${verbs[0]} one of` : "fits one of";
  if (words.length <= IN_LINE) return `${head} ${each.join(", ")}`;
  return `${head}\n${each.map((text) => `${indent}  - ${text}`).join("\n")}`;
}

function headOfNone(verbs: readonly string[]): string {
  return verbs.every((verb) => verb === "is not") ? "is none of" : "looks like none of";
}

interface Word {
  verb: string;
  value: string;
  isNegated: boolean;
}

function testInWords(test: unknown): Word[] {
  if (typeof test !== "object" || test === null) return [{ verb: "is", value: String(test), isNegated: false }];
  const [[operator, operand]] = Object.entries(test) as [[string, unknown]];
  if (operator === "wildcard") {
    return [operand].flat().map((value) => ({ verb: "looks like", value: String(value), isNegated: false }));
  }
  if (operator === "numeric") return [{ verb: "is", value: (operand as unknown[]).join(" "), isNegated: false }];
  if (operator !== "anything-but") return [{ verb: "fits", value: JSON.stringify(test), isNegated: false }];
  const inner = typeof operand === "object" && !Array.isArray(operand) ? [operand] : [operand].flat();
  return inner.flatMap(testInWords).map(({ verb, value }) => {
    return { verb: verb === "is" ? "is not" : verb.replace("looks", "does not look"), value, isNegated: true };
  });
}
