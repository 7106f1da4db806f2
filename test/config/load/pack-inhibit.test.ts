// What an included file holds back: alerts of its own rules, at places of its own.
import { expect, test } from "vitest";
import { lint } from "../lint/linting.ts";
import { CHANNELS, CONNECTIONS, complaints, type Files, load } from "../workspace.ts";

const rule = (id: string) => `  - { id: ${id}, when: { source: [training-events] } }\n`;
const entry = (source: string, target: string) =>
  `  - { source: { rule: [${source}] }, target: { rule: [${target}] }, equal: [connection, resource.id] }\n`;
const PACK = `rules:\n${rule("down")}${rule("slow")}inhibit:\n${entry("down", "slow")}`;

function files(include: string, more: string, others: Files): Files {
  const rules = `rules: [{ include: ${include} }, { id: own, when: { source: [training-events], level: [error] } }]\n`;
  const sources = "sources: [{ kind: training-events }]\n";
  return { "lookout.yml": CONNECTIONS + sources + rules + CHANNELS + more, ...others };
}

test("entries of included files come after the configuration's own, each at its place", async () => {
  const more = "inhibit: [{ source: { rule: [own] }, target: { rule: [slow] } }]\n";
  const { config, places } = await load(files("jobs/all", more, { "packs/jobs/all.yml": PACK }));
  expect(config.inhibit.map(({ source, target, equal }) => [source["rule"], target["rule"], equal])).toEqual([
    [["own"], ["slow"], []],
    [["down"], ["slow"], ["connection", "resource.id"]],
  ]);
  expect(places.locate(["inhibit", 0])).toMatchObject({ line: 5 });
  expect(places.locate(["inhibit", 1, "target"])).toMatchObject({ line: 5, column: 41 });
  expect(places.locate(["inhibit", 1]).file).toMatch(/packs\/jobs\/all\.yml$/);
});

test("a pack that includes others may name their rules", async () => {
  const all = `rules:\n  - include: jobs/a\n  - include: jobs/b\ninhibit:\n${entry("down", "slow")}`;
  const packs = {
    "packs/jobs/all.yml": all,
    "packs/jobs/a.yml": `rules:\n${rule("down")}`,
    "packs/jobs/b.yml": `rules:\n${rule("slow")}`,
  };
  expect((await load(files("jobs/all", "", packs))).config.inhibit).toHaveLength(1);
});

test.each([
  ["names a rule of another file", entry("down", "own"), '5:50: there is no rule "own" in this file'],
  ["misspells a rule", entry("dwn", "slow"), '5:24: there is no rule "dwn" in this file; did you mean "down"?'],
  [
    "means alerts of every rule",
    "  - { source: { rule: [down] }, target: { severity: [warning] } }\n",
    '5:33: "target" must name rules of this file: an included file holds back alerts of its own rules alone; write ' +
      "rule: [down, slow], or some of these",
  ],
  [
    "names rules by a wildcard",
    '  - { source: { rule: [{ wildcard: "d*" }] }, target: { rule: [slow] } }\n',
    '5:23: "source" must name rules of this file',
  ],
  [
    "has no list",
    "  - { source: { rule: down }, target: { rule: [slow] } }\n",
    '5:23: "rule" must be a list of values',
  ],
  ["lacks a side", "  - { source: { rule: [down] } }\n", '5:5: the key "target" is missing'],
])("an entry that %s is reported at its place", async (_, inhibit, printed) => {
  const pack = `rules:\n${rule("down")}${rule("slow")}inhibit:\n${inhibit}`;
  const output = await complaints(files("jobs/all", "", { "packs/jobs/all.yml": pack }));
  expect(output.split("\n")).toEqual([expect.stringContaining(`packs/jobs/all.yml:${printed}`)]);
});

test("an entry of a pack that never holds anything back is no finding, one of an own file is", async () => {
  const unfed = PACK.replace("training-events", "pool-events");
  const env = { CHAT_URL: "https://open.feishu.cn/open-apis/bot/v2/hook/x" };
  const found = (name: string) => lint(files(name.replace(/^packs\/(.*)\.yml$/, "$1"), "", { [name]: unfed }), env);
  expect(await found("packs/jobs/all.yml")).toBe("");
  expect(await found("jobs.yml")).toContain("jobs.yml:5:7: this holds nothing back: no rule's alerts match its source");
});
