// Cutting and hiding hold for any text: never too long, never half a code point, never slow.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { receiverWords } from "../../../lib/channels/http/redact.ts";
import { bytes, characters, cut, jsonBytes } from "../../../lib/channels/message/plain.ts";
import { oneLine } from "../../../lib/model/printable.ts";
import { workOf } from "../../support/work.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom("\ud83d", "\ude00", "😀", "\n", "a", '"', "\u202e"), maxLength: 300 }),
);

test("a cut text costs at most what it may, is a beginning of the text, and stays well-formed", () => {
  fc.assert(
    fc.property(
      anyText,
      fc.integer({ min: 3, max: 200 }),
      fc.constantFrom(bytes, characters, jsonBytes),
      (raw, max, cost) => {
        const text = oneLine(raw);
        const short = cut(text, max, cost);
        expect(cost(short)).toBeLessThanOrEqual(max);
        expect(short.isWellFormed()).toBe(true);
        expect(text.startsWith(short === text ? short : short.slice(0, -1))).toBe(true);
      },
    ),
  );
});

test("one line is one line", () => {
  fc.assert(
    fc.property(anyText, (raw) => {
      expect(oneLine(raw)).not.toMatch(/[\n\r\t\u2028\u2029\u0000-\u001f\u202e]/);
    }),
  );
});

test.each([
  ["an address", "see https://hooks.example.com/services/T0/B0/xyz for more", "see [hidden] for more"],
  ["a path", "POST /services/T0/B0 failed", "POST [hidden] failed"],
  [
    "a named secret",
    '{"access_token":"abc","error":"invalid_token"}',
    '{"access_token":"[hidden]","error":"invalid_token"}',
  ],
  ["a query", "bad sign=abc&key=def", "bad sign=[hidden]&key=[hidden]"],
  ["a bearer token", "Bearer abc refused", "Bearer [hidden] refused"],
  ["a long random run", "id 9f8e7d6c5b4a39281706 unknown", "id [hidden] unknown"],
  ["the name of an error", "posting_to_general_channel_denied", "posting_to_general_channel_denied"],
  ["a page", "<html><h1>Bad   gateway</h1></html>", "Bad gateway"],
  ["a code with short words", "WorkflowTriggerIsNotEnabled: off", "WorkflowTriggerIsNotEnabled: off"],
  ["a cloud's code", '"error_code":"APIG.0301", SMN.00011006.', '"error_code":"APIG.0301", SMN.00011006.'],
  ["numbers and codes", "code 99991400: ModelNotFoundException", "code 99991400: ModelNotFoundException"],
])("of a receiver's words, %s", (_name, said, shown) => {
  expect(receiverWords(said)).toBe(shown);
});

test("a random token is hidden in a receiver's words, whatever letters it is of", () => {
  const encodings = [
    (bytes: Buffer) => bytes.toString("hex"),
    (bytes: Buffer) => bytes.toString("base64url"),
    (bytes: Buffer) => bytes.toString("base64").replace(/[^A-Za-z0-9]/g, ""),
    // Of letters alone, and in parts with dots, as some services have them.
    (bytes: Buffer) => Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join(""),
    (bytes: Buffer) => bytes.toString("base64url").replace(/.{12}/g, "$&."),
  ];
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(...encodings),
      fc.constantFrom("", '"code":"', "no: "),
      (seed, encode, start) => {
        const token = encode(createHash("sha256").update(`token ${seed}`).digest());
        expect(receiverWords(`${start}${token} is wrong`)).not.toContain(token);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a receiver's words are short, and little work, whatever they are", () => {
  const hostile = ["<", "/a", "a", "key=", "a.", "Aa", "=", "http://", "\\/"].map((unit) => unit.repeat(30_000));
  const work = workOf(() => {
    for (const text of hostile) expect(receiverWords(text).length).toBeLessThanOrEqual(200);
  });
  expect(work).toBeLessThan(1_000);
  fc.assert(
    fc.property(anyText, (text) => {
      expect(receiverWords(text).length).toBeLessThanOrEqual(200);
    }),
  );
});
