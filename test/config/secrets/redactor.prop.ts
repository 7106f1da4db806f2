// The redactor finds a secret wherever it stands, in every spelling, and leaves other text as it is.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";

const secret = fc
  .oneof(fc.string({ minLength: 6 }), fc.string({ minLength: 6, unit: "grapheme" }), fc.stringMatching(/^[ab]{6,9}$/))
  .filter((value) => value.replaceAll(/\s/g, "").length >= 6 && value.isWellFormed());
/** What could be the beginning of an escape takes the secret's first characters with it. */
const before = fc
  .oneof(fc.string(), fc.stringMatching(/^[ab]{0,9}$/))
  .filter((text) => !/[%\\&=][^ ]{0,7}$/.test(text));
const around = fc.oneof(fc.string(), fc.stringMatching(/^[ab]{0,9}$/));

test("a secret between any texts", () => {
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), before, around, (secrets, before, after) => {
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

test("a secret that looks like escapes itself, as JSON, an address or a page writes it", () => {
  const escapes = fc.constantFrom("\\", "%42", "%5c", "&lt;", "\\n", "\\u0041", '"', "a", "B7");
  fc.assert(
    fc.property(fc.array(escapes, { minLength: 6, maxLength: 12 }), (parts) => {
      const value = `key-${parts.join("")}-key`;
      const { add, redact } = createRedactor();
      add(value);
      const asHtml = value.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
      for (const text of [value, JSON.stringify(value), encodeURIComponent(value), asHtml]) {
        expect(redact(`x ${text} y`)).not.toContain("key-");
        expect(redact(JSON.stringify(`x ${text} y`))).not.toContain("key-");
      }
    }),
  );
});

/** No coincidence, and of no use. */
const PIECE = 8;
const key = fc.stringMatching(/^[A-Za-z0-9+/"\\%]{20,60}$/);

test("a secret that a cut goes through, wherever, leaves nothing of itself", () => {
  fc.assert(
    fc.property(
      key,
      fc.nat(80),
      fc.nat(80),
      fc.constantFrom("x", "%41", "\\n", "&lt;"),
      (value, before, kept, unit) => {
        const { add, redact } = createRedactor();
        add(value);
        const filler = unit.repeat(before);
        for (const text of [value, JSON.stringify(value), encodeURIComponent(value)]) {
          const clean = redact(`${filler}${text}${text}`, filler.length + Math.min(kept, text.length - 1));
          for (let at = 0; at + PIECE <= value.length; at++) expect(clean).not.toContain(value.slice(at, at + PIECE));
        }
      },
    ),
  );
});

test("secrets that overlap in a text leave nothing of either", () => {
  fc.assert(
    fc.property(key, key, key, (left, shared, right) => {
      const { add, redact } = createRedactor();
      add(left + shared);
      add(shared + right);
      expect(redact(`a ${left}${shared}${right} b`)).toBe("a [secret] b");
    }),
  );
});

test.each([
  [
    "a chat's address",
    "https://open.feishu.cn/open-apis/bot/v2/hook/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
    "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
  ],
  [
    "an address with a query",
    "https://x.example/send?access_token=b4e2c6a80f1d3957b4e2c6a8",
    "b4e2c6a80f1d3957b4e2c6a8",
  ],
  ["a mail server's address", "smtps://watcher:pa%24sword@mail.example:465", "pa$sword"],
  ["an address with a password", "https://watcher:pa%24sword@x.example/hook", "pa$sword"],
])("the key in %s is a secret by itself, its host and names are none", (_, address, part) => {
  const { add, redact } = createRedactor();
  add(address);
  expect(redact(`POST ${part}: refused by ${new URL(address).host}/hook/training-cluster-2`)).toBe(
    `POST [secret]: refused by ${new URL(address).host}/hook/training-cluster-2`,
  );
});

test.each(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "Bearer MfKQ9r8GKYqr"])(
  "%s is a secret without its prefix, too",
  (value) => {
    const { add, redact } = createRedactor();
    add(value);
    expect(redact(`${value} or ${value.replace(/^\w+[_ ]/, "")}`)).toBe("[secret] or [secret]");
  },
);

test("what stands for a secret is none, and redacting twice is redacting once", () => {
  const { add, redact } = createRedactor();
  for (const value of ["secret", "[secret]", "hunter2"]) add(value);
  expect(redact(redact("a hunter2 b"))).toBe("a [secret] b");
});
