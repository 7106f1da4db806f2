// Whatever happens to a file, loading it gives a configuration or findings with places, and never anything else.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileTimeInterval } from "../../lib/alerts/time-interval.ts";
import { ConfigError } from "../../lib/config/finding.ts";
import { lintConfig } from "../../lib/config/lint.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { compilePattern } from "../../lib/rules/pattern.ts";
import { depsIn, writeFiles } from "./workspace.ts";

const VALID = `timezone: UTC
connections:
  prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, auth: { token: "\${env:T}" } }
  dev: { cloud: custom, region: x, project: p, endpoints: { modelarts: "http://a.example", iam: "http://b.example", ces: "http://c.example" } }
sources:
  - { kind: training-events, connection: prod, every: 30s, labels: &labels { env: prod } }
  - { id: svc, kind: service-events, connection: dev, targets: [a, { id: b, name: c, labels: *labels }] }
rules:
  - include: more.yml
  - id: a
    when: { $or: [{ level: [error] }, { text: [{ wildcard: "*x*" }, { anything-but: { prefix: y } }] }], count: [{ numeric: [">", 1] }] }
    by: [connection]
    summary: "{{ event.message | upcase }}"
    resolve: { when: { source: [service-updates] }, after: 6h }
    threshold: { count: 5, within: 10m }
route:
  channels: [ops]
  routes:
    - { match: { severity: [critical] }, mute: [nights], routes: [{ match: { rule: [a] }, groupBy: ["..."] }] }
timeIntervals:
  nights: [{ times: [{ start_time: "22:00", end_time: "07:00" }], weekdays: ["monday:friday"], years: [2026] }]
silences:
  - { match: { rule: [a] }, during: [nights], from: 2026-01-01T00:00:00Z }
channels:
  ops: { type: webhook, url: "\${env:OPS}", fallback: log }
  log: { type: console }
health: { lag: 15m }
store: { type: sqlite }
`;
const PIECES = [
  ...[
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    ", ",
    "&a ",
    "*a",
    "*labels",
    "!x ",
    "|\n",
    ">\n",
    "? ",
    "#",
    '"',
    "'",
    "\t",
    "---\n",
    "%YAML 1.1\n",
    "\\",
    "\0",
  ],
  ...[
    "null",
    "~",
    "true",
    "-1",
    "1e999",
    ".nan",
    "0x",
    "99999999999999999999",
    "[]",
    "{}",
    "[[]]",
    "{ a: { b: [] } }",
    "${",
    "${env:X}",
    "{{",
    "{%",
    "__proto__: 1\n",
    "constructor: {}\n",
    "<<: *labels\n",
    "\ud800",
    "é",
  ],
];

const LINT = { compilePattern, compileTimeInterval, secrets: { problems: async () => [] }, now: 0 };

type Mutation = (text: string) => string;

const at = fc.double({ min: 0, max: 1, noNaN: true });
const position = (text: string, share: number): number => Math.floor(share * text.length);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(at, fc.integer({ min: 0, max: 255 })).map(
    ([share, byte]): Mutation =>
      (text) => {
        const index = position(text, share);
        return text.slice(0, index) + String.fromCharCode(byte) + text.slice(index + 1);
      },
  ),
  fc.tuple(at, fc.constantFrom(...PIECES)).map(
    ([share, piece]): Mutation =>
      (text) => {
        const index = position(text, share);
        return text.slice(0, index) + piece + text.slice(index);
      },
  ),
  at.map(
    (share): Mutation =>
      (text) =>
        text
          .split("\n")
          .filter((_, index, lines) => index !== position(lines.join(""), share) % lines.length)
          .join("\n"),
  ),
  fc.tuple(at, fc.constantFrom(...PIECES)).map(
    ([share, piece]): Mutation =>
      (text) => {
        const values = [...text.matchAll(/(?<=: |\[|, )[\w"$*&.{-][^,}\]\n]*/g)];
        const value = values[Math.floor(share * values.length) % values.length];
        return value ? text.slice(0, value.index) + piece + text.slice(value.index + value[0].length) : text;
      },
  ),
  fc.tuple(at, at).map(
    ([from, to]): Mutation =>
      (text) =>
        text.slice(0, position(text, Math.min(from, to))) + text.slice(position(text, Math.max(from, to))),
  ),
);

test("mutated files give findings with places, never another error", async () => {
  const folder = await writeFiles({
    "more.yml": "rules: [{ id: m, when: { level: [error] } }]\n",
    "lookout.yml": VALID,
  });
  const file = join(folder, "lookout.yml");
  const deps = depsIn(folder);
  await expect(loadConfig(file, deps)).resolves.toHaveProperty("config");
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.boolean(), async (mutations, included) => {
      const text = mutations.reduce((changed, mutate) => mutate(changed), VALID);
      await writeFile(included ? join(folder, "more.yml") : file, text, "latin1");
      await writeFile(
        included ? file : join(folder, "more.yml"),
        included ? VALID : "rules: [{ id: m, when: { level: [error] } }]\n",
      );
      const error: unknown = await loadConfig(file, deps).then(
        (loaded) => lintConfig(loaded, LINT).then(() => undefined),
        (reason: unknown) => reason,
      );
      if (error === undefined) return;
      expect(error).toBeInstanceOf(ConfigError);
      const { findings } = error as ConfigError;
      expect(findings.length).toBeGreaterThan(0);
      for (const { line, column, message } of findings) {
        expect(line).toBeGreaterThan(0);
        expect(column).toBeGreaterThan(0);
        expect(message).not.toBe("");
      }
    }),
    { numRuns: 300 },
  );
});
