// `lookout test` with events that are found late: what it shows is what sorted input would have had.
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderWith } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";

const TESTS = `
rules:
  - { id: burst, when: { level: [error] }, threshold: { count: 4, within: 10m }, resolve: { when: { source: [service-events], level: [normal] } } }
  - { id: plain, when: { type: [odd] }, resolve: { when: { source: [service-events], type: [fine] } } }
tests:
  - name: three and a resolving one found in one batch
    events:
      - { at: 27m, source: service-events, level: error, count: 3, late: 300, resource: { id: s } }
      - { at: 29m, source: service-events, level: normal, late: 180, resource: { id: s } }
      - { at: 30m, source: service-events, level: error, resource: { id: s } }
    until: 60m
    expect: []
  - name: a resolving event found late
    events:
      - { at: 23m, source: service-events, level: error, count: 3, resource: { id: s } }
      - { at: 33m, source: service-events, level: error, late: 60, resource: { id: s } }
      - { at: 32m, source: service-events, level: normal, late: 120, resource: { id: s } }
      - { at: 34m, source: service-events, level: error, count: 3, resource: { id: s } }
    until: 60m
    expect:
      - { at: 34m, rule: burst, status: firing, count: 4 }
      - { at: 43m, rule: burst, status: resolved }
  - name: a match at the time of a resolving event
    events:
      - { at: 4m, source: service-events, type: fine, resource: { id: s } }
      - { at: 4m, source: service-events, type: odd, late: 60, resource: { id: s } }
    until: 60m
    expect: [{ at: 4m, rule: plain, status: firing, count: 1 }]
`;

it("shows late events where they belong", async () => {
  const cwd = await folderWith({ "late.test.yml": TESTS });
  const { code, stdout } = await lookoutHere(["test", join(cwd, "late.test.yml")], { cwd });
  expect(stdout).toContain("3 tests, 0 failed");
  expect(code).toBe(0);
});
