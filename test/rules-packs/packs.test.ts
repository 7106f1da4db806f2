// Every rule of every pack: its examples hold, its templates render, and its row stands in the documentation.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compilePattern } from "../../lib/patterns/pattern.ts";
import { PACKS_DIR, readCatalogue, readPacks, textOf } from "./packs.ts";

const packs = readPacks();
const rules = packs.flatMap((pack) => pack.rules);

test("the packs that lookout.yml may include are there", () => {
  expect(packs.map((pack) => pack.name)).toEqual(
    expect.arrayContaining([
      "modelarts/services",
      "modelarts/pools",
      "modelarts/updates",
      "modelarts/training",
      "cloud-eye/core",
      "cloud-eye/security",
      "health/services",
      "health/pools",
      "health/jobs",
      "health/endpoints",
    ]),
  );
});

test("rule ids are kebab-case and unique over all packs", () => {
  const ids = rules.map((rule) => rule.id);
  expect(ids).toEqual([...new Set(ids)]);
  for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
});

test("a state that an event ends opens the same alert again within half an hour", () => {
  const ended = rules.filter(({ resolve, threshold }) => resolve?.when && !threshold);
  expect(ended.length).toBeGreaterThan(30);
  expect(ended.filter(({ reopen }) => reopen !== 30 * 60_000).map(({ id }) => id)).toEqual([]);
});

test("a pack includes only packs that exist", () => {
  const names = new Set(packs.map((pack) => pack.name));
  for (const name of packs.flatMap((pack) => pack.includes)) expect(names).toContain(name);
});

test("every Cloud Eye event that a rule names is in the catalogue, and no recovery opens an alert", () => {
  const known = new Map(readCatalogue().map((entry) => [entry.text, entry]));
  for (const { id, when, resolve } of packs
    .filter(({ name }) => name.startsWith("cloud-eye/"))
    .flatMap((p) => p.rules)) {
    for (const name of when["reason"] as string[]) expect(known.get(name)?.abnormal, `${id}: ${name}`).toBe(true);
    for (const name of (resolve?.when?.["reason"] as string[] | undefined) ?? []) {
      expect(known.has(name), `${id}: ${name}`).toBe(true);
    }
  }
});

describe.each(packs.filter((pack) => pack.rules.length > 0))("$name", ({ rules, examples }) => {
  test("has one set of examples for each rule", () => {
    expect(examples.map((example) => example.rule)).toEqual(rules.map((rule) => rule.id));
  });

  test.each(rules)("$id opens for its examples and for nothing beside them", ({ id, when }) => {
    const pattern = compilePattern(when);
    const example = examples.find((candidate) => candidate.rule === id);
    for (const event of example?.match ?? []) expect(pattern.matches(event), describeEvent(event)).toBe(true);
    for (const event of example?.not ?? []) expect(pattern.matches(event), describeEvent(event)).toBe(false);
  });

  test.each(rules.filter((rule) => rule.resolve?.when))("$id is resolved by its examples alone", ({ id, resolve }) => {
    const pattern = compilePattern(resolve?.when);
    const example = examples.find((candidate) => candidate.rule === id);
    expect(example?.resolve).not.toEqual([]);
    expect(example?.notResolve).not.toEqual([]);
    for (const event of example?.resolve ?? []) expect(pattern.matches(event), describeEvent(event)).toBe(true);
    for (const event of example?.notResolve ?? []) expect(pattern.matches(event), describeEvent(event)).toBe(false);
  });

  test.each(rules)("$id names its source, how bad it is and what to do, in texts that render", (rule) => {
    expect(JSON.stringify(rule.when)).toContain('"source"');
    if (rule.resolve?.when) expect(JSON.stringify(rule.resolve.when)).toContain('"source"');
    expect(rule.severity).toBeDefined();
    for (const event of examples.find((example) => example.rule === rule.id)?.match ?? []) {
      for (const template of [rule.summary, rule.description]) {
        const text = textOf(template ?? "", rule, event);
        expect(text).toMatch(/\S/);
        expect(text).not.toMatch(/[{}%]|\(\)/);
      }
    }
  });
});

test("the documentation has a row for each rule, with its severity", () => {
  const page = readFileSync(join(PACKS_DIR, "../docs/rule-packs.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| [^|]+ \| (critical|error|warning|info) \| [^|]+ \|$/gm)];
  const documented = rows.map(([, id, severity]) => `${id} ${severity}`);
  expect(documented.sort()).toEqual(rules.map((rule) => `${rule.id} ${rule.severity}`).sort());
});

function describeEvent(event: { source: string; type: string; reason: string | null; message: string }): string {
  return `${event.source} ${event.type} ${event.reason}: ${event.message}`;
}
