// What goes to the screen: our own colours take effect, nothing else steers it, and no secret that was learnt is in it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createIo, createLog, jsonDocument, jsonLines, oneLine, styled, table } from "../../lib/cli/io.ts";
import { columnsOf } from "../../lib/local/columns.ts";
import { HARMLESS, hostileTexts, STEERS } from "../support/hostile-texts.ts";
import { ioTo } from "../support/io.ts";

function screen() {
  const out: string[] = [];
  const err: string[] = [];
  const io = createIo(
    ioTo(
      (text) => void out.push(text),
      (text) => void err.push(text),
      { tty: true, color: true },
    ),
  );
  return { io, out: () => out.join(""), err: () => err.join("") };
}

const anyText = fc.oneof(
  fc.constantFrom(...hostileTexts.map(([, text]) => text)),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom("\u001b", "[", "3", "1", "m", "\u009b", "\n", "\u202e", "a", "\u200d", "🔥"),
    maxLength: 30,
  }),
);

test("of any text in our colours, only our colours take effect", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { io, out } = screen();
      io.out(`${styled(io, "red", text)}\n`);
      expect(out().startsWith("\u001b[31m")).toBe(true);
      expect(out().endsWith("\u001b[39m\n")).toBe(true);
      expect(out().slice(5, -6)).not.toMatch(STEERS);
    }),
  );
});

test("colours take no columns of a table", () => {
  const { io, out } = screen();
  io.out(
    table(io, [
      [styled(io, "red", "a"), "|"],
      ["long", "|"],
    ]),
  );
  expect(out()).toBe("\u001b[31ma\u001b[39m     |\nlong  |\n");
  expect(columnsOf(styled(io, ["bold", "inverse"], "two"))).toBe(3);
});

test("a log entry is one line, whatever its message and fields hold", () => {
  fc.assert(
    fc.property(anyText, anyText, (message, field) => {
      const { io, err } = screen();
      createLog(io).warn(message, { field, list: [field] });
      expect(err().indexOf("\n")).toBe(err().length - 1);
      expect(err()).not.toMatch(STEERS);
    }),
  );
});

test("JSON stays what it was", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { io, out } = screen();
      jsonLines(io, [{ [text]: text }]);
      jsonDocument(io, [text]);
      const [first, ...rest] = out().split("\n");
      expect(out()).not.toMatch(STEERS);
      expect(JSON.parse(first!)).toEqual({ [text]: text });
      expect(JSON.parse(rest.join("\n"))).toEqual([text]);
    }),
  );
});

test("what people write stays as they wrote it", () => {
  const { io, out } = screen();
  io.out(`${oneLine(HARMLESS)}\n`);
  expect(out()).toBe(`${HARMLESS}\n`);
});

test("a secret is redacted on either way, and in JSON only where it is a text", () => {
  const { io, out, err } = screen();
  io.redactor.add("123456");
  io.out("pin 123456\n");
  io.err("pin 123456\n");
  jsonLines(io, [{ pin: "123456", count: 123_456 }]);
  jsonDocument(io, { list: [{ pin: "0123456", count: 123_456 }] });
  expect(err()).toBe("pin [secret]\n");
  expect(out()).toContain('{"pin":"[secret]","count":123456}');
  expect(out()).toContain('"pin": "0[secret]"');
});

test("a secret in a table is redacted before its column is measured", () => {
  const { io, out } = screen();
  io.redactor.add("a-secret-of-some-length");
  io.out(
    table(io, [
      ["at a-secret-of-some-length", "|"],
      ["here", "|"],
    ]),
  );
  expect(out()).toBe("at [secret]  |\nhere         |\n");
});
