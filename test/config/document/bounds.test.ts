// Configurations beyond all bounds: they are refused with the first hundred findings, and the process
// goes on with its work meanwhile.
import { describe, expect, test } from "vitest";
import { ConfigError, formatFindings } from "../../../lib/config/document/finding.ts";
import { CHANNELS, CONNECTIONS, complaints, load, RULES, SOURCES } from "../workspace.ts";

const many = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join("");
const REST = CONNECTIONS + SOURCES + RULES;

async function refusal(files: Parameters<typeof load>[0]): Promise<ConfigError> {
  const error = await load(files).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw new Error("it was not refused", { cause: error });
  return error;
}

describe("of a file with no end of mistakes, the first hundred are reported", () => {
  test.each<[what: string, text: string]>([
    ["unknown keys", REST + CHANNELS + many(3_000, (n) => `key${n}: 1\n`)],
    ["long unknown keys", REST + CHANNELS + many(900, (n) => `${"k".repeat(1_000)}${n}: 1\n`)],
    ["keys given twice", `${REST}${CHANNELS}${"x: 1\n".repeat(3_000)}`],
    ["unknown aliases", `${REST}${CHANNELS}x: [${"*a, ".repeat(3_000)}]\n`],
    ["anchors in a row", `a: ${"&x ".repeat(3_000)}`],
    ["tabs", `a:\n${"\tb: 1\n".repeat(3_000)}`],
    ["unquoted references", `a: [${"${env:X}, ".repeat(3_000)}]`],
    ["channels of no known type", `${REST}channels:\n${many(2_000, (n) => `  c${n}: { type: none${n} }\n`)}`],
    [
      "references of no known kind",
      `${REST}channels:\n${many(1_200, (n) => `  c${n}: { type: slack, url: "\${vault:x}" }\n`)}`,
    ],
    [
      "channels that are not there, among many",
      `${REST}channels:\n${many(1_000, (n) => `  c${n}: { type: console }\n`)}route: { channels: [${many(2_000, (n) => `d${n}, `)}] }\n`,
    ],
    [
      "packs that are not there",
      `${CONNECTIONS}${SOURCES}${CHANNELS}rules:\n${many(1_500, (n) => `  - include: a/b${n}\n`)}`,
    ],
    [
      "files that are not there",
      `${CONNECTIONS}${SOURCES}${CHANNELS}rules:\n${many(1_500, (n) => `  - include: a${n}.yml\n`)}`,
    ],
    [
      "wrong patterns",
      `${CONNECTIONS}${SOURCES}${CHANNELS}rules:\n${many(1_000, (n) => `  - { id: r${n}, when: { level: error } }\n`)}`,
    ],
    [
      "wrong targets",
      `${CONNECTIONS}${RULES}${CHANNELS}sources: [{ kind: pool-events, targets: [${many(3_000, (n) => `a/${n}, `)}] }]\n`,
    ],
    [
      "as many wrong targets as a file can hold",
      `${CONNECTIONS}${RULES}${CHANNELS}sources: [{ kind: pool-events, targets: [${"/,".repeat(5_800)}] }]\n`,
    ],
    [
      "targets named twice",
      `${CONNECTIONS}${RULES}${CHANNELS}sources: [{ kind: pool-events, targets: [${"a, ".repeat(3_000)}] }]\n`,
    ],
    [
      "variables without a value",
      `${SOURCES}${RULES}${CHANNELS}connections: { p: { cloud: otc, region: eu-de, projectId: p, workspaces: [${'"${env:A}", '.repeat(2_000)}] } }\n`,
    ],
  ])("%s", async (_what, text) => {
    const { findings, more, message } = await refusal(text);
    expect(findings).toHaveLength(100);
    expect(more).toBeGreaterThan(100);
    expect(message.split("\n").at(-1)).toBe(`and at least ${more} more`);
    expect(message.length).toBeLessThan(130_000);
  });

  test("a hundred and fifty are counted exactly", async () => {
    const { findings, more } = await refusal(`${REST}${CHANNELS}${many(150, (n) => `key${n}: 1\n`)}`);
    expect(formatFindings(findings, more).split("\n").at(-1)).toBe("and 50 more");
  });
});

test("a configuration with all its includes has 4 MB at most", async () => {
  const part = `${RULES.replace("any", "r")}# ${"x".repeat(900_000)}\n`;
  const files = Object.fromEntries(
    Array.from({ length: 6 }, (_, n) => [`${n}.yml`, part.replace("id: r", `id: r${n}`)]),
  );
  const includes = Object.keys(files).map((name) => `{ include: ${name} }`);
  const lookout = `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [${includes.join(", ")}]\n`;
  expect(await complaints({ ...files, "lookout.yml": lookout })).toBe(
    "lookout.yml:4:100: the configuration with all its includes is larger than 4 MB; " +
      "have targets discovered, or let one rule do the work of many",
  );
});

test("a configuration with all its includes has 24,000 values at most", async () => {
  const rules = (file: number) => many(1_000, (n) => `  - { id: r${file}-${n}, when: { level: [error] } }\n`);
  const files = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`${n}.yml`, `rules:\n${rules(n)}`]));
  const includes = Object.keys(files).map((name) => `{ include: ${name} }`);
  const lookout = `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [${includes.join(", ")}]\n`;
  expect(await complaints({ ...files, "lookout.yml": lookout })).toMatch(
    /^lookout\.yml:4:\d+: the configuration with all its includes has more than 24000 values; have targets/,
  );
});

test.each<[what: string, text: string]>([
  ["is read", `${REST}${CHANNELS}# ${many(3_000, (n) => `silence ${n}\n# `)}\n`],
  ["is refused", `a: [${"x, ".repeat(30_000)}`],
])("while a large file %s, others have their turn", async (_what, text) => {
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns++;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await load(text).catch(() => {});
  over = true;
  expect(turns).toBeGreaterThan(20);
});

test("a file of nothing but comments is called empty, however long it is", async () => {
  expect(await complaints("#\n".repeat(100_000))).toBe("lookout.yml:1:1: is empty");
});

test.each([
  ["\n", "blank"],
  ["\r\n", "of another system"],
  ["# x\n", "a comment"],
])("a file of more lines than anyone writes is refused where they become too many, each of them %j", async (line) => {
  expect(await complaints(line.repeat(200_000))).toMatch(/^lookout\.yml:100001:\d: there are more than 100000 lines/);
});

test.each([
  ["in quotes", `x: "${"x".repeat(100_001)}"`],
  ["as a block", `x: |\n${"  line\n".repeat(20_000)}`],
])("a text longer than anyone writes is refused where it begins: %s", async (_how, text) => {
  expect(await complaints(`${text}\n`)).toMatch(/^lookout\.yml:\d+:\d+: a text has more than 100000 characters/m);
});

test("a comment may be as long as the file", async () => {
  expect(await complaints(`${REST}${CHANNELS}# ${"x".repeat(300_000)}\n`)).toBe("");
});

test("a file with more values than anyone writes is refused where they become too many", async () => {
  expect(await complaints(`a: [${"1,".repeat(101_000)}]\n`)).toMatch(
    /^lookout\.yml:1:\d{5}: there are more than 6000 values: put rules into files that it includes, /,
  );
});
