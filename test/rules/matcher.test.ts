// Many rules against one event: order, buckets by exact values, shared tests, and errors that name the rule.
import { expect, test } from "vitest";
import { createMatcher, InvalidPatternError } from "../../lib/rules/matcher.ts";

const rules = [
  { id: "any", when: { source: [{ exists: true }] } },
  { id: "error", when: { source: ["service-events"], level: ["error"] } },
  { id: "warning", when: { source: ["service-events"], level: ["warning", "error"] } },
  { id: "either", when: { $or: [{ source: ["pool-events"] }, { level: ["error"] }] } },
  { id: "text", when: { source: ["service-events"], text: [{ wildcard: "*image*" }] } },
  { id: "quiet", when: { level: ["normal"] } },
  { id: "silent", when: { late: [{ exists: false }] } },
];

test.each([
  [
    "several rules match",
    { source: "service-events", level: "error", text: "pull image" },
    ["any", "error", "warning", "either", "text", "silent"],
  ],
  [
    "a rule whose two branches match is named once",
    { source: "pool-events", level: "error" },
    ["any", "either", "silent"],
  ],
  ["rules with a value that the event lacks are left out", { source: "x", level: "normal", late: 1 }, ["any", "quiet"]],
  ["an empty event meets only absences", {}, ["silent"]],
  ["a list of values meets each bucket", { level: ["normal", "error", "error"], late: 0 }, ["either", "quiet"]],
])("%s", (_, event, ids) => {
  expect(createMatcher(rules).match(event)).toEqual(ids);
});

test("no rules match nothing", () => {
  expect(createMatcher([]).match({ a: 1 })).toEqual([]);
});

test("events do not leave traces in later ones", () => {
  const { match } = createMatcher(rules);
  const first = match({ source: "service-events", level: "error" });
  match({ level: "normal", late: 3 });
  expect(match({ source: "service-events", level: "error" })).toEqual(first);
});

test("an invalid rule is named with the place and the reason", () => {
  const build = () => createMatcher([...rules, { id: "broken", when: { level: "error" } }]);
  expect(build).toThrow(InvalidPatternError);
  expect(build).toThrow(
    expect.objectContaining({
      ruleId: "broken",
      path: ["level"],
      reason: expect.stringContaining('write ["error"]'),
      message: expect.stringMatching(/^rule broken: level: /),
    }),
  );
});

test("ten thousand rules, each for its own resource, are not all looked at", () => {
  const many = Array.from({ length: 10_000 }, (_, n) => ({
    id: `r${n}`,
    when: { source: ["service-events"], resource: { id: [`id-${n}`] }, text: [{ wildcard: `*${n}*a*` }] },
  }));
  const { match } = createMatcher(many);
  const event = { source: "service-events", resource: { id: "id-77" }, text: `${"0123456789".repeat(1000)} 77 a` };
  const started = performance.now();
  for (let round = 0; round < 1000; round++) expect(match(event)).toEqual(["r77"]);
  expect(performance.now() - started).toBeLessThan(5_000);
});
