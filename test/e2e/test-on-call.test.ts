// `lookout test` of what happens on call: silences, acknowledgements, escalation and inhibition on the virtual clock.
import { expect, it } from "vitest";
import { folderWith } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";

const CONFIG = `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }
sources: [{ kind: service-updates }, { kind: pool-events }]
rules:
  - id: deploy-failed
    when: { source: [service-updates], type: [FAIL] }
    resolve: { when: { source: [service-updates], type: [SUCCESS] } }
  - id: pool-down
    when: { source: [pool-events], level: [warning] }
    resolve: { after: 30m }
route: { channels: [ops], groupInterval: 1m, repeatInterval: 1h, escalate: [{ after: 15m, channels: [lead] }] }
timeIntervals: { lunch: [{ times: [{ start_time: "12:00", end_time: "13:00" }] }] }
inhibit: [{ source: { rule: [pool-down] }, target: { rule: [deploy-failed] }, equal: [connection] }]
channels: { ops: { type: console }, lead: { type: console } }
`;
const FAIL = "source: service-updates, type: FAIL, resource: { id: svc-1 }";
const POOL = "source: pool-events, level: warning, resource: { id: pool-1 }";

async function run(test: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const cwd = await folderWith({
    "lookout.yml": CONFIG,
    "a.test.yml": `config: lookout.yml\ntests:\n  - name: a\n${test}\n`,
  });
  return lookoutHere(["test", "a.test.yml"], { cwd });
}

it.each<[sentence: string, test: string]>([
  [
    "an alert that nobody acknowledges is escalated, and repeated to both",
    `
    events: [{ at: 1m, ${FAIL} }]
    until: 65m
    expect: [{ at: 1m, channels: [ops, lead], acknowledgedBy: null }]
    notifications:
      - { at: 1m, channel: ops, reason: new }
      - { at: 16m, channel: lead, reason: escalation }
      - { at: 61m, channel: ops, reason: repeat }`,
  ],
  [
    "one that is acknowledged is neither, and its end is notified",
    `
    events: [{ at: 1m, ${FAIL} }, { at: 3h, source: service-updates, type: SUCCESS, resource: { id: svc-1 } }]
    acks: [{ at: 16m, rule: deploy-failed, key: { resource.id: svc-1 }, by: ada }]
    expect:
      - { at: 1m, status: firing, channels: [ops] }
      - { at: 3h, status: resolved, channels: [ops], acknowledgedBy: ada }`,
  ],
  [
    "an acknowledgement that is taken back lets it go on at once",
    `
    events: [{ at: 1m, ${FAIL} }]
    acks: [{ at: 5m, rule: deploy-failed }, { at: 30m, rule: deploy-failed, undo: true }]
    until: 40m
    expect: [{ status: firing }]
    notifications: [{ at: 1m, channel: ops }, { at: 30m, channel: lead, reason: escalation }]`,
  ],
  [
    "a silence holds back between its times",
    `
    events: [{ at: 10m, ${FAIL} }]
    silences: [{ match: { rule: [deploy-failed] }, from: 5m, until: 20m, comment: drill }]
    until: 30m
    expect: [{ status: firing, suppressedBy: ['silence "drill"'], channels: [ops] }]
    notifications: [{ at: 20m, channel: ops, reason: new }]`,
  ],
  [
    "another alert holds back while it fires",
    `
    events: [{ at: 1m, ${POOL} }, { at: 5m, ${FAIL} }]
    until: 40m
    expect:
      - { at: 1m, rule: pool-down, status: firing, suppressedBy: [] }
      - { at: 5m, rule: deploy-failed, status: firing, suppressedBy: [alert of pool-down], channels: [ops] }
      - { at: 31m, rule: pool-down, status: resolved }
    notifications:
      - { at: 1m, channel: ops, alerts: [pool-down] }
      - { at: 16m, channel: lead, alerts: [pool-down] }
      - { at: 31m, channel: ops, alerts: [deploy-failed] }
      - { at: 31m, channel: ops, alerts: [pool-down] }
      - { at: 31m, channel: lead, alerts: [pool-down] }`,
  ],
])("%s", async (_, test) => {
  const { code, stdout } = await run(test);
  expect(code, stdout).toBe(0);
});

it("an acknowledgement of nothing fails the test", async () => {
  const { code, stdout } = await run(`
    events: [{ at: 10m, ${FAIL} }]
    acks: [{ at: 5m, rule: deploy-failed }]
    expect: [{ status: firing }]`);
  expect(code).toBe(1);
  expect(stdout).toContain("there is no open alert of deploy-failed to acknowledge at 5m");
});

it.each<[sentence: string, test: string, said: string]>([
  ["a rule that is not there", "acks: [{ at: 1m, rule: deploy-faild }]", 'did you mean "deploy-failed"?'],
  ["an acknowledgement after the end", "until: 1h, acks: [{ at: 2h, rule: pool-down }]", 'comes after "until"'],
  [
    "a silence that ends before it begins",
    "silences: [{ match: { rule: [a] }, from: 5m, until: 5m }]",
    'is not after "from"',
  ],
  ["a pattern that is none", "silences: [{ match: { rule: a } }]", "must be a list of values"],
  [
    "a time interval that is not there",
    "silences: [{ match: { rule: [a] }, during: [lunsh] }]",
    'did you mean "lunch"?',
  ],
])("%s is refused", async (_, part, said) => {
  const cwd = await folderWith({
    "lookout.yml": CONFIG,
    "a.test.yml": `config: lookout.yml\ntests: [{ name: a, events: [{ at: 0m, ${FAIL} }], expect: [], ${part} }]\n`,
  });
  expect(await lookoutHere(["test", "a.test.yml"], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(said),
  });
});
