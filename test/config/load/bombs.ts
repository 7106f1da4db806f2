// Configurations that explode when read without care: aliases, nesting, repetition, expressions.

const many = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join("");

/** A configuration with one rule of this text, and more below it. */
function configuration(rule: string, more = ""): string {
  return `connections: { p: { cloud: otc, region: eu-de, projectId: p } }
sources: [{ kind: training-events }, { kind: cloud-eye-events }]
rules:
  - { id: r, ${rule} }
channels: { c: { type: console } }
${more}`;
}

/** Configurations that are small, or at least possible, and cost a careless reader time or memory beyond measure. */
export const BOMBS: readonly [name: string, text: string][] = [
  [
    "aliases of aliases",
    `a: &a [x, x, x, x, x, x, x, x]\n${many(12, (n) => `${"bcdefghijklm"[n]}: &${"bcdefghijklm"[n]} [${many(8, () => `*${"abcdefghijkl"[n]}, `)}]\n`)}`,
  ],
  ["an alias of its own list", "rules: &a [*a]\n"],
  ["lists in lists", "[".repeat(20_000)],
  ["closed lists in lists", `rules: ${"[".repeat(5_000)}${"]".repeat(5_000)}`],
  ["maps in maps", `route: ${"{ routes: [".repeat(3_000)}`],
  ["blocks in blocks", many(1_500, (n) => `${" ".repeat(n)}a:\n`)],
  ["dashes in a row", `rules:\n  ${"- ".repeat(20_000)}a`],
  ["question marks in a row", "? ".repeat(20_000)],
  ["tags and anchors in a row", `a: ${"!a &b ".repeat(2_000)}x`],
  ["a long key", `${"k".repeat(200_000)}: 1\n`],
  ["a long word", configuration(`when: { text: [${"w".repeat(200_000)}] }`)],
  ["one key many times", "a: 1\n".repeat(3_000)],
  ["many unknown keys", many(1_500, (n) => `key${n}: 1\n`)],
  [
    "many unknown channels",
    configuration("when: { level: [error] }", `route: { channels: [${many(3_000, (n) => `channel${n}, `)}] }`),
  ],
  ["references in a row", configuration(`when: { text: ["${"${env:A".repeat(20_000)}"] }`)],
  [
    "numbers without end",
    configuration(
      `when: { count: [${"9".repeat(5_000)}] }, threshold: { count: ${"9".repeat(5_000)}, within: ${"9".repeat(5_000)}d }`,
    ),
  ],
  ["exponents without end", configuration("when: { count: [1e99999, { numeric: ['<', 1e99999] }] }")],
  [
    "ors multiplied",
    configuration(
      `when: { a: { ${many(1, () => "$or: [{ x: [1] }, { x: [2] }], ")} b: ${many(40, (n) => `{ $or: [{ x: [${n}] }, { y: [${n}] }], b: `)}[1]${"}".repeat(40)} } }`,
    ),
  ],
  ["ors within ors", configuration(`when: ${"{ $or: [{ a: [b] }, ".repeat(90)}{ a: [b] }${"] }".repeat(90)}`)],
  [
    "an or of five hundred",
    configuration(`when: { $or: [${many(500, (n) => `{ source: [training-events], reason: [r${n}] }, `)}] }`),
  ],
  ["a list of five thousand", configuration(`when: { text: [${many(5_000, (n) => `w${n}, `)}] }`)],
  [
    "wildcards of stars",
    configuration(`when: { text: [${many(300, (n) => `{ wildcard: "${"*a".repeat(n)}*" }, `)}] }`),
  ],
  [
    "exclusions of exclusions",
    configuration(
      `when: { text: [{ anything-but: { wildcard: [${many(1_000, (n) => `"*${n}*a*b*"`.concat(", "))}] } }] }`,
    ),
  ],
  [
    "an expression that backtracks",
    configuration('when: { level: [error] }, extract: [{ field: message, pattern: "(?<a>(a+)+)+$" }]'),
  ],
  [
    "an expression that multiplies",
    configuration(
      'when: { level: [error] }, extract: [{ field: message, pattern: "(?<a>(((a{1,30}){1,30}){1,30}){1,30})" }]',
    ),
  ],
  [
    "expressions in a row",
    configuration(
      `when: { level: [error] }, extract: [${many(500, (n) => `{ field: message, pattern: "(?<a${n}>[0-9]+)" }, `)}]`,
    ),
  ],
  [
    "an expression in parentheses",
    configuration(`when: { level: [error] }, extract: [{ field: message, pattern: "${"(".repeat(50_000)}" }]`),
  ],
  ["a template in tags", configuration(`when: { level: [error] }, summary: "${"{% if a %}".repeat(2_000)}"`)],
  [
    "a template of loops",
    configuration(
      `when: { level: [error] }, summary: "${"{% for i in (1..1000000) %}".repeat(5)}x${"{% endfor %}".repeat(5)}"`,
    ),
  ],
  ["a template that never closes", configuration(`when: { level: [error] }, summary: "${"{{".repeat(9_000)}"`)],
  [
    "a template of one long path",
    configuration(`when: { level: [error] }, summary: "{{ event${".a".repeat(9_000)} }}"`),
  ],
  [
    "routes in routes",
    configuration(
      "when: { level: [error] }",
      `route: ${"{ channels: [c], routes: [{ match: { rule: [r] }, routes: [".repeat(1)}${"{ match: { rule: [r] }, routes: [".repeat(40)}{ match: { rule: [r] } }${"] }".repeat(40)}] }] }`,
    ),
  ],
  [
    "routes in a row",
    configuration(
      "when: { level: [error] }",
      `route: { routes: [${many(1_000, (n) => `{ match: { rule: [r${n}] } }, `)}] }`,
    ),
  ],
  [
    "intervals in a row",
    configuration(
      "when: { level: [error] }",
      `timeIntervals: { t: [${many(500, () => '{ times: [{ start_time: "02:30", end_time: "03:30" }], location: Europe/Berlin }, ')}] }`,
    ),
  ],
  [
    "time zones in a row",
    configuration(
      "when: { level: [error] }",
      `timeIntervals: { t: [${Intl.supportedValuesOf("timeZone")
        .slice(0, 60)
        .map((zone) => `{ times: [{ start_time: "02:30", end_time: "03:30" }], location: ${zone} }`)
        .join()}] }`,
    ),
  ],
  [
    "rules in a row",
    configuration("when: { level: [error] }").replace(
      "channels",
      `${many(400, (n) => `  - { id: r${n}, when: { level: [error], text: [w${n}] } }\n`)}channels`,
    ),
  ],
];
