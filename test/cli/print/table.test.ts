// Lists on a terminal: no line is wider than it, words stay whole, and nothing is lost; elsewhere a row is one line.
import { describe, expect, test } from "vitest";
import { createIo, styled } from "../../../lib/cli/io.ts";
import { listText, thought } from "../../../lib/cli/print/table.ts";
import { columnsOf } from "../../../lib/local/columns.ts";
import { hostileTexts, STEERS } from "../../support/hostile-texts.ts";
import { ioTo } from "../../support/io.ts";

const HEAD = ["SEVERITY", "ALERT", "SUMMARY"];
const ROWS = [
  ["critical", "1a2b3c4d", "train-a100: nodes are abnormal, and the pool takes no more jobs until somebody looks"],
  ["error", "5e6f7a8b", "训练任务 resnet-夜间-0003 失败：显存不足，请检查节点的加速卡，然后重新提交任务，谢谢配合"],
  ["warning", "9c0d1e2f", "🔥🔥 👩‍💻 on call: the pool is on fire 🇩🇪 ".repeat(4).trim()],
  ["info", "aaaabbbb", "x".repeat(120)],
];

function terminal(columns: number, tty = true, color = false) {
  const out: string[] = [];
  const io = createIo(ioTo((text) => void out.push(text), undefined, { tty, color, columns: () => columns }));
  return { io, out };
}

describe("a list", () => {
  test.each([140, 80, 60, 40, 20])("on a terminal of %i columns no line is wider, and no word is lost", (columns) => {
    const { io } = terminal(columns);
    const lines = listText(io, { head: HEAD, rows: ROWS }).trimEnd().split("\n");
    expect(lines.filter((line) => columnsOf(line) > columns)).toEqual([]);
    const letters = (text: string) => text.replace(/\s/g, "");
    expect(letters(lines.join(""))).toBe(letters([...HEAD, ...ROWS.flat()].join("")));
  });

  test("what goes on stands below the beginning of its own column, parted between words", () => {
    const { io } = terminal(60);
    expect(listText(io, { head: HEAD, rows: ROWS.slice(0, 1) })).toBe(
      `SEVERITY  ALERT     SUMMARY
critical  1a2b3c4d  train-a100: nodes are abnormal, and the
                    pool takes no more jobs until somebody
                    looks
`,
    );
  });

  test("where there is no room beside the others, the last column stands below them", () => {
    const { io } = terminal(40);
    expect(listText(io, { head: HEAD, rows: ROWS.slice(0, 1) })).toBe(
      `SEVERITY  ALERT
  SUMMARY
critical  1a2b3c4d
  train-a100: nodes are abnormal, and
  the pool takes no more jobs until
  somebody looks
`,
    );
  });

  test("in a pipe each row is one line, however long", () => {
    const { io } = terminal(40, false);
    const lines = listText(io, { head: HEAD, rows: ROWS }).trimEnd().split("\n");
    expect(lines).toHaveLength(1 + ROWS.length);
    expect(lines[1]).toContain(ROWS[0]![2]);
  });

  test("colours go on over the lines of a text, and end with it", () => {
    const { io, out } = terminal(40, true, true);
    io.out(
      `${thought(io, styled(io, "red", "a problem that takes more than one line to say, as some do")).join("\n")}\n`,
    );
    const lines = out.join("").trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toMatch(/^ *\u001b\[31m.*\u001b\[39m$/);
  });

  test.each(hostileTexts)("%s steers no terminal", (_, text) => {
    const { io, out } = terminal(30);
    io.out(listText(io, { head: HEAD, rows: [["error", text.replaceAll("\n", " "), text.replaceAll("\n", " ")]] }));
    expect(
      out
        .join("")
        .split("\n")
        .filter((line) => STEERS.test(line)),
    ).toEqual([]);
  });

  test("a secret is redacted before the list is laid out", () => {
    const { io } = terminal(40);
    io.redactor.add("a secret that is rather long");
    expect(listText(io, { head: ["A"], rows: [["it is a secret that is rather long"]] })).toBe("A\nit is [secret]\n");
  });
});
