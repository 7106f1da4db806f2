// What the packs' alerts say of every event text that the clouds document: something, on one line,
// and no junk of the clouds.
import { describe, expect, test } from "vitest";
import { compilePattern } from "../../lib/patterns/pattern.ts";
import { type CatalogueEntry, eventOf, readCatalogue, readPacks, textOf } from "./packs.ts";

/** Words of the clouds' other APIs, which stand in no event of their own and may in the text of one. */
const WORDS = [
  "Failed to create model image xxx. For details, see logs :\\nxxx.",
  "A050101 GPU ECC error. (GPU / Video RAM)",
  "A050102 nvidia-smi output contains ERR",
  ...["inquiring", "scheduled", "executing", "completed", "failed", "canceled"],
  ...["system-maintenance", "localdisk-recovery", "node_reboot", "operation-request", "node_maintenance"],
  ...["node_redeploy", "node_localdisk_recovery"],
];
/** Empty parts, stops at the end, doubled blanks and line breaks. */
const JUNK = /\b(?:details|reason|error|cause|logs) ?:\s*(?:[.,;]|$)|[\s.,;:]$|\s\s|[\n\r]|\(\)|^: /i;

const rules = readPacks()
  .flatMap((pack) => pack.rules)
  .map((rule) => ({ rule, pattern: compilePattern(rule.when), sources: JSON.stringify(rule.when) }));
const words = WORDS.map((text): CatalogueEntry => {
  return { source: "pool-events", text, type: "Warning", level: "warning", abnormal: true, origin: "other APIs" };
});
const texts = [...readCatalogue(), ...words];

test("all 421 texts are here", () => {
  expect(texts).toHaveLength(421);
});

describe.each(rules)("$rule.id", ({ rule, pattern, sources }) => {
  const events = texts.filter(({ source }) => sources.includes(`"${source}"`)).map(eventOf);

  test("sums up any text of its source in one line without junk", () => {
    const wrong = events.flatMap((event) => {
      const text = textOf(rule.summary ?? "", rule, event);
      const most = Math.max(150, event.message.length + event.resource.name.length + 2);
      return JUNK.test(text) || text.length > most ? [text] : [];
    });
    expect(wrong).toEqual([]);
  });

  test("describes what it matches in whole sentences", () => {
    const matching = events.filter((event) => pattern.matches(event));
    const described = matching.map((event) => textOf(rule.description ?? "", rule, event));
    expect(described.filter((text) => !/^\S.*\S[.]$/.test(text) || /\.\.|\s\s|\s[.,]|:\s*\./.test(text))).toEqual([]);
  });
});
