// A secret in any usual encoding, also in one within another, is found; ordinary texts are left as they are.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";

/** Keys are not of punctuation alone. */
const key = fc.stringMatching(/^[A-Za-z0-9]{8}[A-Za-z0-9+/_.!-]{8,40}$/);
const each = (text: string, write: (char: string, code: number) => string) =>
  [...text].map((char) => write(char, char.charCodeAt(0))).join("");
const eachByte = (text: string, write: (byte: number) => string) => [...Buffer.from(text)].map(write).join("");
const hex = (code: number, digits: number) => code.toString(16).padStart(digits, "0");
const wrapped = (text: string, at: number, end: string) =>
  (text.match(new RegExp(`[^]{1,${at}}`, "g")) ?? []).join(end);

const ENCODINGS: Record<string, (text: string) => string> = {
  "as it is": (text) => text,
  "small letters": (text) => text.toLowerCase(),
  "swapped case": (text) =>
    each(text, (char) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase())),
  hex: (text) => Buffer.from(text).toString("hex"),
  "hex in capitals": (text) => Buffer.from(text).toString("hex").toUpperCase(),
  base64: (text) => Buffer.from(text).toString("base64"),
  "base64 of addresses": (text) => Buffer.from(text).toString("base64url"),
  "base64 in the middle": (text) => Buffer.from(`user:${text}:more`).toString("base64"),
  "base64 of mail": (text) => wrapped(Buffer.from(`From: somebody\n\n${text}${text}`).toString("base64"), 76, "\r\n"),
  "base64 of UTF-16": (text) => Buffer.from(text, "utf16le").toString("base64"),
  "percent signs": (text) => eachByte(text, (byte) => `%${hex(byte, 2)}`),
  "an address": encodeURIComponent,
  JSON: (text) => JSON.stringify(text),
  "\\u": (text) => each(text, (_, code) => `\\u${hex(code, 4)}`),
  "\\u{}": (text) => each(text, (_, code) => `\\u{${hex(code, 2)}}`),
  "\\x": (text) => each(text, (_, code) => (code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`)),
  "numbers of HTML": (text) => each(text, (_, code) => `&#${code};`),
  "numbers of HTML without an end": (text) => each(text, (_, code) => `&#${code}`),
  "hexadecimal numbers of HTML": (text) => each(text, (_, code) => `&#x${hex(code, 2)};`),
  "quoted-printable": (text) => eachByte(text, (byte) => `=${hex(byte, 2).toUpperCase()}`),
  "lines of quoted-printable": (text) => wrapped(text, 10, "=\r\n"),
  "tags between its letters": (text) => each(text, (char) => `<b>${char}</b>`),
  "a tag in its middle": (text) => `${text.slice(0, 6)}<wbr class="a">${text.slice(6)}`,
  "signs that nobody sees": (text) => each(text, (char) => `${char}\ufe0f\u180b`),
  "wide letters": (text) =>
    each(text, (char, code) => (code > 32 && code < 127 ? String.fromCharCode(code + 0xfee0) : char)),
};
const names = Object.keys(ENCODINGS);
/** What is not undone by reading it alone: letters in another case mean something else in base64. */
const CASES = new Set(["small letters", "swapped case"]);

function survives(secret: string, clean: string): boolean {
  const left = clean.split("[secret]").flatMap((part) => [part, Buffer.from(part, "base64").toString()]);
  const parts = Array.from({ length: secret.length - 11 }, (_, at) => secret.slice(at, at + 12));
  return parts.some((part) => left.some((text) => text.includes(part)));
}

test.each(names)("%s", (name) => {
  fc.assert(
    fc.property(key, (secret) => {
      const { add, redact } = createRedactor();
      add(secret);
      const clean = redact(`the cloud said ${ENCODINGS[name]!(secret)} to us`);
      expect(clean).toMatch(/^the cloud said .*\[secret\].* to us$/s);
      expect(survives(secret, clean)).toBe(false);
    }),
    { numRuns: 12 },
  );
});

test("any of them within any other", () => {
  fc.assert(
    fc.property(key, fc.constantFrom(...names), fc.constantFrom(...names), (secret, first, second) => {
      // In base64 and hexadecimal what is read is ASCII.
      fc.pre(!(/wide letters|nobody sees/.test(first) && /64|hex/.test(second)));
      fc.pre(!(CASES.has(second) && !CASES.has(first) && /64|hex/.test(first)));
      const { add, redact } = createRedactor();
      add(secret);
      const text = ENCODINGS[second]!(ENCODINGS[first]!(secret));
      expect(redact(`it said ${text} to us`), `${second} of ${first}`).toContain("[secret]");
    }),
    { numRuns: 100 },
  );
});

test("white space within it", () => {
  fc.assert(
    fc.property(
      key,
      fc.integer({ min: 6, max: 12 }),
      fc.constantFrom("\n", "\r\n    ", " ", "\t"),
      (secret, at, space) => {
        const { add, redact } = createRedactor();
        add(secret);
        expect(redact(`a ${wrapped(secret, at, space)} b`)).toBe("a [secret] b");
      },
    ),
  );
});

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(textsIn) : [];
}

test("the texts of the event catalogue are left as they are", () => {
  const folder = join(import.meta.dirname, "../../../events");
  const texts = ["catalogue", "service-events", "pool-events", "training-events", "cloud-eye-event-detail"].flatMap(
    (name) => textsIn(JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"))),
  );
  expect(texts.length).toBeGreaterThan(421);
  const whole = texts.join("\n");
  fc.assert(
    fc.property(
      fc.array(fc.oneof(key, fc.stringMatching(/^[a-z0-9]{8,16}$/)), { minLength: 1, maxLength: 5 }),
      (secrets) => {
        const { add, redact } = createRedactor();
        for (const secret of secrets) add(secret);
        expect(redact(whole)).toBe(whole);
      },
    ),
    { numRuns: 12 },
  );
});
