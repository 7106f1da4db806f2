// What was stored is redacted part by part, as it is where all of it is looked at together.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactedStored } from "../../../lib/app/persistence/redacted.ts";
import { redactedValue } from "../../../lib/model/printable.ts";

const redact = (text: string) => text.replaceAll("hunter2", "[redacted]");
const TEXT = fc.oneof(
  fc.string(),
  fc.constantFrom("hunter2", "at hunter2!", `${"x".repeat(5_000)}hunter2`, "__proto__"),
);

describe("redactedStored", () => {
  it("leaves what redactedValue leaves, in the same order, of any JSON", async () => {
    const names = fc.oneof(fc.constantFrom("__proto__", "constructor", "7"), fc.string());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        TEXT,
        fc.integer(),
        fc.constant(null),
        fc.array(tie("tree")),
        fc.dictionary(names, tie("tree"), { noNullPrototype: true }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        const json = JSON.stringify(await redactedStored(value, redact));
        expect(json).toBe(JSON.stringify(redactedValue(value, redact)));
      }),
    );
  });

  it("lets others have their turn within a large value", async () => {
    const value = Array.from({ length: 1_000 }, (_, at) => ({ at, text: "hunter2 ".repeat(20) }));
    const other = (async () => {
      for (let at = 0; at < 20; at++) await new Promise((resolve) => setImmediate(resolve));
      return "other";
    })();
    const first = await Promise.race([redactedStored(value, redact), other]);
    expect(first).toBe("other");
  });
});
