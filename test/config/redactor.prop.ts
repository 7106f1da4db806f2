// The redactor finds a secret wherever it stands, in every spelling, and leaves other text as it is.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor } from "../../lib/config/redactor.ts";

const secret = fc
  .oneof(fc.string({ minLength: 6 }), fc.string({ minLength: 6, unit: "grapheme" }), fc.stringMatching(/^[ab]{6,9}$/))
  .filter((value) => value.trim().length >= 6 && value.isWellFormed());
const around = fc.oneof(fc.string(), fc.stringMatching(/^[ab]{0,9}$/));

test("a secret between any texts", () => {
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), around, around, (secrets, before, after) => {
      const { add, redact } = createRedactor();
      for (const value of secrets) add(value);
      for (const value of secrets) {
        const spellings = [value, encodeURIComponent(value), Buffer.from(value.trim()).toString("base64")];
        for (const spelling of spellings) {
          expect(redact(`${before}${spelling}${after}`)).toContain("[secret]");
        }
        expect(redact(JSON.stringify([`${before}${value}`]))).toContain("[secret]");
      }
    }),
  );
});

test("a text that holds none", () => {
  fc.assert(
    fc.property(secret, fc.string(), (value, text) => {
      fc.pre(!text.includes(value.trim()));
      const { add, redact } = createRedactor();
      add(value);
      add("short");
      expect(redact(`short ${text}`)).toBe(`short ${text}`);
    }),
  );
});
