// The live view fits the terminal, whatever stands in it; and it is live without colour.
import { describe, expect, test } from "vitest";
import { main } from "../../lib/cli/main.ts";
import { byNeed } from "../../lib/cli/print/severity.ts";
import { columnsOf } from "../../lib/local/columns.ts";
import { renderView, type ViewState } from "../../lib/local/view.ts";
import { ioTo } from "../support/io.ts";

const SUMMARIES = [
  "train-a100: nodes are abnormal",
  "训练任务 resnet-夜间-0003 失败：显存不足，请检查节点的加速卡，然后重新提交任务，谢谢配合",
  "🔥🔥 👩‍💻 on call: the pool is on fire 🇩🇪 ".repeat(4),
  "e\u0301".repeat(90),
  "two\nlines\u001b[31m and a colour",
  "ﾊﾝｶｸ ＦＵＬＬ ｗｉｄｔｈ ".repeat(8),
];
const STEPS = [
  "1. cp lookout.example.yml lookout.yml",
  "2. set the three values marked in it",
  "3. npx lookout check --live",
  "4. npx lookout run",
];
const NOW = Date.parse("2026-11-20T12:00:00Z");

function stateWith(open: number): ViewState {
  const kinds = ["service-events", "service-updates", "pool-events", "training-events", "cloud-eye-events"];
  const summary = (index: number) => SUMMARIES[index % SUMMARIES.length]!;
  const severity = (index: number) => ["critical", "error", "warning", "info"][index % 4] as "info";
  return {
    title: "Lookout watches the five event APIs of a simulated cloud",
    aside: "running 1h",
    problems: [],
    figures: ["TARGETS", "POLLS", "EVENTS"],
    sources: kinds.map((id) => ({ id, figures: ["1000", "12345", "1234567"], at: NOW, failing: 0 })),
    open: Array.from({ length: open }, (_, index) => ({
      alert: {
        id: `${index}`,
        severity: severity(index),
        rule: "r",
        summary: summary(index),
        count: 1_200,
        suppressedBy: [],
      },
      since: NOW - 60_000,
      to: "值班 (slack), chat (feishu)",
    })),
    news: Array.from({ length: 60 }, (_, index) => ({
      time: "12:00:00",
      what: "RESOLVED",
      style: "resolved",
      text: summary(index),
    })),
    latest: "LATEST (25 messages sent)",
    next: { heading: "To watch your own cloud (Ctrl-C ends):", steps: STEPS },
  };
}

function draw(columns: number, rows: number, open = 9): string[] {
  return renderView(stateWith(open), NOW, { columns, rows }, (_style, text) => text);
}

test("an alert that is held back is dimmed, and comes after what is notified", () => {
  const state = stateWith(1);
  const held = { ...state.open[0]!.alert, summary: "what follows", suppressedBy: ["inhibited by the cause"] };
  const open = [...state.open, { ...state.open[0]!, alert: held, to: "held back by inhibited by the cause" }];
  const lines = renderView({ ...state, open }, NOW, { columns: 150, rows: 40 }, (style, text) => `<${style}>${text}`);
  expect(lines.find((line) => line.includes("what follows"))).toMatch(/^<dim> {2}critical .*<dim>what follows/);
  expect([held, state.open[0]!.alert].sort(byNeed)[0]).not.toBe(held);
});

describe("the view", () => {
  const sizes: [columns: number, rows: number][] = [
    [80, 24],
    [40, 15],
    [150, 45],
    [40, 24],
    [79, 24],
    [200, 10],
    [20, 5],
    [1, 1],
  ];
  test.each(sizes)("fits %i columns and %i rows", (columns, rows) => {
    for (const open of [0, 1, 9, 100]) {
      const lines = draw(columns, rows, open);
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(columns);
    }
  });

  test.each([
    [80, 24],
    [150, 45],
    [40, 24],
  ])("shows everything at %i columns and %i rows, the next steps whole", (columns, rows) => {
    const text = draw(columns, rows).join("\n");
    for (const part of [...STEPS, "cloud-eye-events", "OPEN ALERTS", "LATEST (25"]) expect(text).toContain(part);
    expect(text.match(/^ {2}(critical|error|warning|info) /gm)!.length).toBeGreaterThanOrEqual(4);
    expect(text.match(/RESOLVED/g)!.length).toBeGreaterThanOrEqual(2);
  });

  test("has its title on one line, with the time it runs", () => {
    expect(draw(80, 24)[0]).toBe(" Lookout watches the five event APIs of a simulated cloud  running 1h");
    expect(draw(40, 15)[0]).toBe(" Lookout watches the five e…  running 1h");
  });

  test("leaves the next steps to a larger terminal before it leaves out alerts", () => {
    const text = draw(40, 15).join("\n");
    expect(text).toContain("OPEN ALERTS (4 of 9)");
    expect(text).not.toContain("npx lookout run");
  });
});

test("NO_COLOR leaves the view live: frames are drawn over each other, without a colour", async () => {
  let output = "";
  const out = (text: string) => {
    output += text;
  };
  const io = ioTo(out, out, { tty: true, columns: () => 80, rows: () => 24 });
  expect(await main(["start", "--for", "0.1"], io, "0.0.0")).toBe(0);
  const [before, during, after] = output.split(/\u001b\[\?1049[hl]/);
  expect(before).toBe("");
  expect(during).toContain("\u001b[H Lookout watches");
  expect(after).toContain("4. npx lookout run");
  expect(output).not.toMatch(/\u001b\[[\d;]*m/);
});
