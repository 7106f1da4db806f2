// The runbooks say what the packs say: a page for each rule, which its alerts link to.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runbooks } from "../../scripts/runbooks.ts";
import { durationInWords, patternInWords } from "../../scripts/words.ts";
import { readPacks } from "../rules-packs/packs.ts";
import { parsePage, ROOT, readPage } from "./markdown.ts";

const pages = runbooks();

test("docs/runbooks is what the packs and their examples make of it (else: npm run runbooks)", () => {
  const stale = pages.filter(({ path, text }) => readIfThere(path) !== text).map(({ path }) => path);
  expect(stale).toEqual([]);
  const files = globSync("docs/runbooks/**/*.md", { cwd: ROOT });
  expect(files.sort()).toEqual(pages.map(({ path }) => path).sort());
});

test("each rule's alerts link to its page in the repository", () => {
  const { repository } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const base = repository.url.replace(/^git\+(.*)\.git$/, "$1/blob/main/docs/runbooks");
  for (const { name, rules } of readPacks()) {
    for (const { id, runbook } of rules) expect(runbook).toBe(`${base}/${name}/${id}.md`);
  }
});

test("their links lead to a page, and to a heading where they name one", () => {
  const packs = readPage("docs/rule-packs.md").anchors;
  const [index, ...others] = pages.map(({ path, text }) => parsePage(path, text));
  const paths = new Set(pages.map(({ path }) => path));
  expect(index!.links.filter((link) => !paths.has(join("docs/runbooks", link)))).toEqual([]);
  for (const { path, links } of others) {
    expect(links.map((link) => [path, packs.includes(link.replace("../../../rule-packs.md#", ""))])).toEqual([
      [path, true],
    ]);
  }
});

test.each<[pattern: Record<string, unknown>, words: string]>([
  [{ type: ["FAIL"] }, "whose\n- `type` is `FAIL`"],
  [{ text: [{ wildcard: "a*" }, { wildcard: "b*" }] }, "whose\n- `text` looks like one of `a*`, `b*`"],
  [{ text: ["a", { wildcard: "b*" }] }, "whose\n- `text` fits one of is `a`, looks like `b*`"],
  [{ text: [{ "anything-but": { wildcard: ["a*", "b*"] } }] }, "whose\n- `text` looks like none of `a*`, `b*`"],
  [{ level: [{ "anything-but": "normal" }] }, "whose\n- `level` is not `normal`"],
  [{ count: [{ numeric: [">", 3] }] }, "whose\n- `count` is `> 3`"],
  [
    { $or: [{ type: ["A"] }, { type: ["B"] }] },
    "for which one of these holds:\n- fields are\n  - `type` is `A`\n- fields are\n  - `type` is `B`",
  ],
])("the pattern %j in words", (pattern, words) => {
  expect(patternInWords(pattern)).toBe(words);
});

test("durations in words", () => {
  expect([90_000, 3_600_000, 86_400_000, 172_800_000].map(durationInWords)).toEqual([
    "90 seconds",
    "1 hour",
    "24 hours",
    "2 days",
  ]);
});

function readIfThere(path: string): string {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch {
    return "";
  }
}
