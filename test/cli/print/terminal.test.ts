// A terminal and colour are two things: what the stream and the variables of the field say of each.
import { expect, test } from "vitest";
import { terminalOf } from "../../../lib/cli/print/terminal.ts";

const cases: [sentence: string, isTTY: boolean, env: Record<string, string>, tty: boolean, color: boolean][] = [
  ["a terminal has a view and colour", true, { TERM: "xterm-256color" }, true, true],
  ["NO_COLOR takes the colour alone", true, { TERM: "xterm", NO_COLOR: "1" }, true, false],
  ["an empty NO_COLOR says nothing", true, { TERM: "xterm", NO_COLOR: "" }, true, true],
  ["a dumb terminal has neither", true, { TERM: "dumb" }, false, false],
  ["a pipe has neither", false, { TERM: "xterm" }, false, false],
  ["FORCE_COLOR colours a pipe, which is still no terminal", false, { FORCE_COLOR: "1" }, false, true],
  ["FORCE_COLOR=0 takes the colour alone", true, { FORCE_COLOR: "0" }, true, false],
  ["FORCE_COLOR=false takes it, too", true, { FORCE_COLOR: "false" }, true, false],
  ["FORCE_COLOR comes before NO_COLOR", true, { FORCE_COLOR: "1", NO_COLOR: "1" }, true, true],
];

test.each(cases)("%s", (_, isTTY, env, tty, color) => {
  expect(terminalOf({ isTTY }, env)).toMatchObject({ tty, color });
});

test("the size is asked for anew each time, and a terminal without one has a usual one", () => {
  const stream = { isTTY: true, columns: 80, rows: 24 };
  const { columns, rows } = terminalOf(stream, {});
  expect([columns(), rows()]).toEqual([80, 24]);
  stream.columns = 40;
  stream.rows = 0;
  expect([columns(), rows()]).toEqual([40, 40]);
});
