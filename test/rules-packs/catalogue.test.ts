// The packs against every event text that the clouds document: what is abnormal is notified once, what
// is normal pages nobody.
import { describe, expect, test } from "vitest";
import type { RuleConfig } from "../../lib/model/config.ts";
import { compilePattern } from "../../lib/patterns/pattern.ts";
import { type CatalogueEntry, eventOf, opensAtOnce, readCatalogue, readPacks } from "./packs.ts";

const catalogue = readCatalogue();
const packs = readPacks();
const compiled = packs.flatMap((pack) => pack.rules).map((rule) => ({ rule, pattern: compilePattern(rule.when) }));
const ignored = new Set(packs.flatMap((pack) => pack.ignored));

describe.each([
  ["service-events", "abnormal"],
  ["pool-events", "Warning"],
  ["training-events", "Error"],
] as const)("%s: what a rule names or leaves to another", (source, type) => {
  const named = compiled.filter(({ rule }) => JSON.stringify(rule.when).includes(`"${source}"`));
  const texts = [...new Set(named.flatMap(({ rule }) => wildcardsIn(rule.when)))];

  test.each(texts)("%s: opens exactly one alert, whatever else the text says, or ends one", (wildcard) => {
    for (const reason of [undefined, ...new Set(named.flatMap(({ rule }) => rule.when["reason"] ?? []))]) {
      const text = wildcard.replaceAll("*", "something");
      const said = reason === undefined ? {} : { reason: String(reason) };
      const entry = { source, type, level: null, abnormal: true, origin: "", text, ...said };
      const opens = opened(entry);
      const ends = named.some(({ rule: { resolve } }) => resolve?.when && isMatch(resolve.when, entry));
      expect(opens, JSON.stringify(entry)).toHaveLength(opens.length === 0 && ends ? 0 : 1);
    }
  });
});

describe.each(["service-events", "pool-events", "training-events", "cloud-eye-events"] as const)("%s", (source) => {
  const entries = catalogue.filter((entry) => entry.source === source);

  test("the catalogue holds normal and abnormal ones", () => {
    expect(new Set(entries.map((entry) => entry.abnormal))).toEqual(new Set([true, false]));
  });

  test("every abnormal event opens exactly one alert, or is ignored for a reason", () => {
    const wrong = entries
      .filter((entry) => entry.abnormal)
      .map((entry) => ({ text: entry.text, opens: opened(entry), ignored: ignored.has(entry.text) }))
      .filter((result) => result.opens.length !== (result.ignored ? 0 : 1));
    expect(wrong).toEqual([]);
  });

  test("no normal event opens an alert that could wake anybody", () => {
    const loud = entries
      .filter((entry) => !entry.abnormal)
      .flatMap((entry) => matching(entry).map((rule) => ({ text: entry.text, rule: rule.id, severity: rule.severity })))
      .filter(({ severity }) => severity === "critical" || severity === "error");
    // The API types a failed update that was rolled back as normal.
    expect(loud).toEqual(
      source === "service-events"
        ? [
            {
              text: "Failed to update the service. The update has been rolled back.",
              rule: "service-update-failed",
              severity: "error",
            },
          ]
        : [],
    );
  });

  test("no event both opens and resolves a rule's alert", () => {
    const both = entries.flatMap((entry) =>
      matching(entry).filter(({ resolve }) => resolve?.when && compilePattern(resolve.when).matches(eventOf(entry))),
    );
    expect(both.map((rule) => rule.id)).toEqual([]);
  });

  test("what is ignored is in the catalogue", () => {
    const texts = new Set(catalogue.map((entry) => entry.text));
    for (const text of ignored) expect(texts).toContain(text);
  });
});

function matching(entry: (typeof catalogue)[number]) {
  const event = eventOf(entry);
  return compiled.filter(({ pattern }) => pattern.matches(event)).map(({ rule }) => rule);
}

/** Rules that open at once, where there are some. */
function opened(entry: (typeof catalogue)[number]): string[] {
  const rules = matching(entry);
  const atOnce = rules.filter(opensAtOnce);
  return (atOnce.length > 0 ? atOnce : rules).map((rule) => rule.id);
}

function isMatch(pattern: RuleConfig["when"], entry: CatalogueEntry): boolean {
  return compilePattern(pattern).matches(eventOf(entry));
}

/** All wildcards of a pattern, also of those that it excludes. */
function wildcardsIn(pattern: unknown): string[] {
  if (typeof pattern !== "object" || pattern === null) return [];
  return Object.entries(pattern).flatMap(([key, value]) => (key === "wildcard" ? [value].flat() : wildcardsIn(value)));
}
