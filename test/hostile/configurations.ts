// Configurations that somebody hostile might have written, or a generator that went wrong: each as large or as deep as
// the bounds let it be, or beyond them, in files of its own.
import type { Random } from "../../lib/simulator/random.ts";

/** The files of a configuration by name; `lookout.yml` is the one that is read. */
export type Files = Readonly<Record<string, string>>;

export interface HostileConfiguration {
  /** What is hostile about it. */
  name: string;
  make(random: Random): Files;
}

const CONNECTIONS = `connections:
  p: { cloud: otc, region: eu-de, projectId: p, auth: { accessKey: "\${env:HW_ACCESS_KEY}", secretKey: "\${env:HW_SECRET_KEY}" } }
`;
const SOURCES = "sources: [{ kind: training-events }]\n";
const RULES = "rules: [{ id: any, when: { source: [training-events] } }]\n";
const CHANNELS = 'channels: { chat: { type: slack, url: "${env:PATH_slack}" } }\n';
const REST = CONNECTIONS + SOURCES + RULES + CHANNELS;
/** A file may have a million bytes and 6,000 values. */
const BYTES = 990_000;
const VALUES = 5_800;

const many = (count: number, text: (index: number) => string): string =>
  Array.from({ length: Math.floor(count) }, (_, index) => text(index)).join("");

function one(name: string, make: (random: Random) => string): HostileConfiguration {
  return { name, make: (random) => ({ "lookout.yml": make(random) }) };
}

function rules(name: string, count: number, rule: (index: number, random: Random) => string): HostileConfiguration {
  const head = CONNECTIONS + SOURCES + CHANNELS;
  return one(name, (random) => {
    let text = `${head}rules:\n`;
    for (let at = 0; at < count; at++) {
      const line = `  - ${rule(at, random)}\n`;
      if (text.length + line.length > BYTES) break;
      text += line;
    }
    return text;
  });
}

/** Words that mean something to YAML, to a language or to a template. */
const WORDS = [
  "a",
  "~",
  "null",
  "true",
  "0x1F",
  "1e309",
  ".nan",
  "<<",
  "__proto__",
  "constructor",
  '"\\ud800"',
  '"\\u001b[2J"',
  "&a",
  "*a",
  "!!js/function x",
  "!!binary aGk=",
  "? x",
  "- - -",
  "${env:HW_SECRET_KEY}",
  '"${env:HW_SECRET_KEY}"',
  '"${file:/etc/passwd}"',
  "{{ x }}",
  "|",
  ">-",
  "'",
  '"',
  "[",
  "{",
  "]",
  "}",
  ":",
  ",",
  "#",
  "@x",
  "`x`",
  "%TAG",
  "---",
  "...",
  "\t",
];

const ofSize: HostileConfiguration[] = [
  one("has as many rules as a file holds", (random) => {
    const level = random.pick(["error", "warning"]);
    return `${CONNECTIONS}${SOURCES}${CHANNELS}rules:\n${many(VALUES / 7, (at) => `  - { id: r${at}, when: { level: [${level}], type: [t${at}] } }\n`)}`;
  }),
  rules("has rules of long templates", 400, (at) => {
    return `{ id: r${at}, when: { level: [error] }, summary: "${"{{ event.message }} ".repeat(110)}" }`;
  }),
  rules("has rules of deep templates", 400, (at) => {
    const depth = 60;
    return `{ id: r${at}, when: { level: [error] }, summary: "${"{% if a %}".repeat(depth)}x${"{% endif %}".repeat(depth)}" }`;
  }),
  rules("has rules of many wildcards", 500, (at, random) => {
    const stars = many(random.int(10, 60), (n) => `*w${n}`);
    return `{ id: r${at}, when: { text: [${many(20, (n) => `{ wildcard: "${stars}${n}*" }, `)}] } }`;
  }),
  rules("has rules of many alternatives", 10, (at) => {
    const branch = (n: number) => `{ a${n}: [1], b: [{ prefix: x }] }, `;
    return `{ id: r${at}, when: { level: [error], $or: [${many(300, branch)}] } }`;
  }),
  rules("has rules whose alternatives multiply", 40, (at) => {
    return `{ id: r${at}, when: { ${many(12, (n) => `x${n}: { $or: [{ a: [1] }, { b: [2] }, { c: [3] }] }, `)} } }`;
  }),
  rules("has rules of long expressions", 300, (at) => {
    return `{ id: r${at}, when: { level: [error] }, extract: [{ field: message, pattern: "(?<a>${"(a|b)*".repeat(80)})" }] }`;
  }),
  rules("has rules of expressions that count", 200, (at) => {
    return `{ id: r${at}, when: { level: [error] }, extract: [{ field: message, pattern: "(?<a>((a{1,100}){1,10}))" }] }`;
  }),
  rules("has one rule of as many values as a file holds", 1, () => {
    return `{ id: r, when: { type: [${many(VALUES, (n) => `v${n},`)}] } }`;
  }),
  rules("has one rule of many numbers", 1, () => {
    return `{ id: r, when: { "data.x": [${many(VALUES / 4, (n) => `{ numeric: [">", ${n}.5] },`)}] } }`;
  }),
  rules("has rules that are no rules", VALUES, (_, random) => random.pick(["1", "x", "[]", "{}", "null"])),
  rules("has rules of one id", VALUES / 5, () => "{ id: r, when: { level: [error] } }"),
  rules("has rules with unknown keys", VALUES / 6, (at) => `{ id: r${at}, wehn: { level: [error] }, severty: x }`),
  rules("has rules of wrong values", VALUES / 5, (at) => `{ id: r${at}, when: { level: error }, severity: ${at} }`),
  one("has as many channels as a file holds", () => {
    return `${CONNECTIONS}${SOURCES}${RULES}channels:\n${many(VALUES / 3, (at) => `  c${at}: { type: slack, url: "\${env:PATH_slack}" }\n`)}`;
  }),
  one("has routes of many matches", () => {
    return `${REST}route:\n  routes:\n${many(VALUES / 6, (at) => `    - { match: { rule: [r${at}] }, channels: [chat] }\n`)}`;
  }),
  one("has routes in routes in routes", () => {
    const depth = 30;
    return `${REST}route: ${"{ routes: [".repeat(depth)}{ match: { rule: [any] } }${"] }".repeat(depth)}\n`;
  }),
  one("has as many targets as a file holds", () => {
    return `${CONNECTIONS}${RULES}${CHANNELS}sources: [{ kind: pool-events, targets: [${many(VALUES, (n) => `p${n}, `)}] }]\n`;
  }),
  one("has targets with labels", () => {
    const target = (n: number) => `{ id: p${n}, name: n, labels: { a: b } }, `;
    return `${CONNECTIONS}${RULES}${CHANNELS}sources: [{ kind: pool-events, targets: [${many(VALUES / 6, target)}] }]\n`;
  }),
  one("has many sources", () => {
    const source = (n: number) => `  - { id: s${n}, kind: pool-events, targets: [p${n}] }\n`;
    return `${CONNECTIONS}${RULES}${CHANNELS}sources:\n${many(VALUES / 5, source)}`;
  }),
  one("has many connections", () => {
    const connection = (n: number) => `  c${n}: { cloud: otc, region: eu-de, projectId: p${n} }\n`;
    return `${SOURCES}${RULES}${CHANNELS}connections:\n${many(VALUES / 4, connection)}`;
  }),
  one("has many time intervals", () => {
    const interval = (n: number) => `  t${n}: [{ times: [{ start_time: "22:00", end_time: "07:00" }] }]\n`;
    return `${REST}timeIntervals:\n${many(VALUES / 6, interval)}`;
  }),
  one(
    "has many silences",
    () => `${REST}silences:\n${many(VALUES / 5, (n) => `  - { match: { rule: [r${n}] }, comment: x }\n`)}`,
  ),
  one("has many inhibitions", () => {
    const inhibit = (n: number) =>
      `  - { source: { rule: [a${n}] }, target: { rule: [b${n}] }, equal: [connection] }\n`;
    return `${REST}inhibit:\n${many(VALUES / 9, inhibit)}`;
  }),
  one("is one long text", () => `${REST}x: "${"x".repeat(BYTES - REST.length - 20)}"\n`),
  one("is one long line of escapes", () => `${REST}x: "${"\\u0041".repeat((BYTES - REST.length) / 6 - 4)}"\n`),
  one("is one long block of text", () => `${REST}x: |\n${"  line\n".repeat((BYTES - REST.length) / 7 - 4)}`),
  one("is nothing but comments", () => "# x\n".repeat(BYTES / 4)),
  one("is nothing but blank lines", () => "\n".repeat(BYTES)),
  one("is one list of nothing", () => `a: [${",".repeat(BYTES / 2)}]`),
  one("has keys that are lists", () => many(5_000, (n) => `? [a${n}]\n: b\n`)),
  one("has long keys", () => REST + many(900, (n) => `${"k".repeat(1_000)}${n}: 1\n`)),
  one("has as many keys as a file holds", () => REST + many(VALUES, (n) => `k${n}: 1\n`)),
  one("has one key again and again", () => REST + many(VALUES, () => "k: 1\n")),
  one("nests lists", (random) => `${REST}x: ${"[".repeat(random.int(90, 400_000))}`),
  one("nests maps", (random) => {
    const depth = random.pick([90, 200, 1_000]);
    return REST + many(depth, (at) => `${" ".repeat(at)}x:\n`);
  }),
  one(
    "has aliases of aliases",
    () => `${REST}a0: &a0 [x,x]\n${many(30, (n) => `a${n + 1}: &a${n + 1} [*a${n},*a${n}]\n`)}`,
  ),
  one("has anchors everywhere", () => REST + many(VALUES - 40, (n) => `k${n}: &a${n} x\n`)),
  one("has tags everywhere", () => REST + many(VALUES - 40, (n) => `k${n}: !t${n} x\n`)),
  one("has two thousand documents", () => `${REST}${"---\na: 1\n".repeat(2_000)}`),
  one("has unquoted references everywhere", () => `${REST}x: [${"${env:HW_SECRET_KEY}, ".repeat(VALUES)}]\n`),
];

const beyond: HostileConfiguration[] = [
  one("has a hundred thousand values", () => `${REST}x: [${"1,".repeat(100_000)}]\n`),
  one("has thirty thousand rules", () => {
    return `${CONNECTIONS}${SOURCES}${CHANNELS}rules:\n${"  - { id: r }\n".repeat(30_000)}`;
  }),
];

const ofFiles: HostileConfiguration[] = [
  {
    name: "includes as much as it may",
    make: () => {
      const part = (file: number) => many(350, (n) => `  - { id: r${file}-${n}, when: { level: [error] } }\n`);
      const files = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`${at}.yml`, `rules:\n${part(at)}`]));
      const includes = Object.keys(files).map((name) => `{ include: ${name} }`);
      return { ...files, "lookout.yml": `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [${includes.join(", ")}]\n` };
    },
  },
  {
    name: "includes a long chain",
    make: () => {
      const files = Object.fromEntries(
        Array.from({ length: 300 }, (_, at) => [`${at}.yml`, `rules: [{ include: ${at + 1}.yml }]\n`]),
      );
      return { ...files, "lookout.yml": `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [{ include: 0.yml }]\n` };
    },
  },
];

const drawn: HostileConfiguration[] = [
  one("has words at random places", (random) => {
    const lines = REST.split("\n");
    for (let count = random.int(1, 8); count > 0; count--) {
      const at = random.int(0, lines.length - 1);
      const line = lines[at]!;
      const column = random.int(0, line.length);
      lines[at] = line.slice(0, column) + random.pick(WORDS) + line.slice(column + random.int(0, 3));
    }
    return lines.join("\n");
  }),
  one("is made of words", (random) => {
    const between = [" ", "\n", "\n  ", ": ", ", ", ""];
    return many(random.pick([50, 5_000, 100_000]), () => random.pick(WORDS) + random.pick(between)).slice(0, BYTES);
  }),
  one("repeats one piece of itself", (random) => {
    const from = random.int(0, REST.length - 2);
    const piece = REST.slice(from, random.int(from + 1, REST.length));
    const count = Math.floor((BYTES - REST.length) / piece.length);
    return REST.slice(0, from) + piece.repeat(Math.min(count, random.pick([10, 1_000, 100_000]))) + REST.slice(from);
  }),
];

export const CONFIGURATIONS: readonly HostileConfiguration[] = [...ofSize, ...beyond, ...ofFiles, ...drawn];
/** One of four, for a suite that is to be quick. */
export const SOME: readonly HostileConfiguration[] = CONFIGURATIONS.filter((_, at) => at % 4 === 0);
