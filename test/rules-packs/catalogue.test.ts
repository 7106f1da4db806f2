// The packs against every event text that the clouds document: what is abnormal is notified once, what
// is normal pages nobody.
import { describe, expect, test } from "vitest";
import { compilePattern } from "../../lib/patterns/pattern.ts";
import { eventOf, opensAtOnce, readCatalogue, readPacks } from "./packs.ts";

const catalogue = readCatalogue();
const packs = readPacks();
const compiled = packs.flatMap((pack) => pack.rules).map((rule) => ({ rule, pattern: compilePattern(rule.when) }));
const ignored = new Set(packs.flatMap((pack) => pack.ignored));

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
