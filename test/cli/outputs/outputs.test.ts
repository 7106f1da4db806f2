// What `--json` prints is what its schema says, field by field, and what docs/json-outputs.md promises.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import { OUTPUTS, type OutputName, SCHEMA_NAMES } from "../../../lib/cli/outputs/names.ts";
import { outputs } from "../../../lib/cli/outputs/outputs.ts";
import { connectionOf } from "../../../lib/simulator/describe.ts";
import { startSimulator } from "../../../lib/simulator/server.ts";
import { outputsPage } from "../../../scripts/outputs.ts";
import { folderWith } from "../../support/cli.ts";
import { lookoutHere } from "../../support/in-process.ts";
import { startWebhook } from "../../support/webhook.ts";

const PAGE = "docs/json-outputs.md";

it(`${PAGE} is what the schemas say (else: npm run outputs, and name what went or changed in CHANGELOG.md)`, () => {
  expect(readFileSync(join(import.meta.dirname, "../../..", PAGE), "utf8")).toBe(outputsPage());
});

it("every schema is printed by its name", async () => {
  const cwd = await folderWith({});
  for (const name of SCHEMA_NAMES) {
    const { code, stdout } = await lookoutHere(["schema", name], { cwd });
    expect([name, code, JSON.parse(stdout)]).toEqual([
      name,
      0,
      expect.objectContaining({ $schema: "https://json-schema.org/draft/2020-12/schema" }),
    ]);
  }
});

const RULE_TESTS = `rules:
  - { id: error, when: { level: [error] }, by: [resource.id] }
  - { id: never, when: { level: [critical] } }
tests:
  - name: an error
    events: [{ at: 1m, source: training-events, level: error, message: Failed, resource: { id: job-1 } }]
    until: 10m
    expect: [{ at: 1m, rule: error, status: firing }]
`;

/** Alerts of several kinds, dead and folded deliveries, something unread, silences, an acknowledgement. */
async function setUp() {
  const sim = await startSimulator({ clock: wallClock });
  onTestFinished(() => sim.close());
  const hook = await startWebhook();
  const gone = await startWebhook();
  gone.answer = () => ({ status: 404 });
  const rules = (more: string) => `rules:
  - { include: modelarts/services }
  - { include: modelarts/training }
  - { id: any, when: { level: [{ anything-but: normal }] }, by: [id], summary: "{{ event.message }}"${more} }
`;
  const rest = `${connectionOf(sim)}sources: [{ kind: service-events }, { kind: training-events }, { kind: pool-events, targets: [none] }]
route: { channels: [ops], routes: [{ match: { rule: [any] }, channels: [gone], groupBy: ["..."] }] }
channels: { ops: { type: webhook, url: "${hook.url}" }, gone: { type: webhook, url: "${gone.url}", fallback: ops } }
silences: [{ match: { severity: [warning] }, comment: known }]
`;
  const cwd = await folderWith({
    "lookout.yml": rest + rules(""),
    "other.yml": rest + rules(", resolve: { after: 1m }"),
    "right.test.yml": RULE_TESTS,
    "wrong.test.yml": RULE_TESTS.replace("status: firing", "status: resolved"),
    "event.json": JSON.stringify({
      source: "service-events",
      level: "error",
      message: "failed",
      resource: { id: "x" },
    }),
  });
  const env = { HW_ACCESS_KEY: sim.credentials.accessKey, HW_SECRET_KEY: sim.credentials.secretKey };
  return { hook, run: { cwd, env } };
}

it("what each command prints is what its schema says, with no other field", async () => {
  const { hook, run } = await setUp();
  const seen = new Set<OutputName>();
  async function print(name: OutputName, ...args: string[]): Promise<unknown[]> {
    const { stdout, stderr } = await lookoutHere([...args, "--json"], run);
    expect([args, stderr, stdout]).not.toEqual([args, stderr, ""]);
    const isList = stdout.startsWith('{"');
    const documents: unknown[] = isList
      ? stdout
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line))
      : [JSON.parse(stdout)];
    for (const document of documents) check(name, document, args);
    seen.add(name);
    return documents;
  }
  function check(name: OutputName, document: unknown, from: unknown): void {
    const { error } = outputs[name].schema.safeParse(document);
    expect([from, error?.issues ?? []]).toEqual([from, []]);
  }
  await print("check", "check");
  await print("check", "check", "--live");
  await print("run", "run", "--once");
  const [alert] = (await print("alert", "alerts")) as [
    { id: string; events: { id: string; resource: { id: string } }[] },
  ];
  await print("alert", "alerts", "--all");
  await print("event", "events");
  await print("delivery", "deliveries");
  await print("delivery", "redeliver", "--dead");
  await print("delivery", "send-test", "ops");
  const [silence] = (await print("silence", "silence", "add", alert.id, "--duration", "1h")) as [{ id: string }];
  await print("silence", "silence", "list");
  await print("silence", "silence", "expire", silence.id);
  await print("alert", "ack", alert.id, "--by", "somebody");
  await print("copy", "store", "copy", "--from", ".lookout/state.db", "--to", "copy.db");
  await print("route", "route", "--alert", alert.id);
  await print("explain", "explain", alert.id);
  await print("explain", "explain", alert.events[0]!.id);
  await print("explain", "explain", "--resource", alert.events[0]!.resource.id);
  await print("explain", "explain", "--resource", "none");
  await print("explain", "explain", "--event", "event.json");
  await print("status", "status");
  const [top] = (await print("top", "top")) as [{ deliveries: unknown[]; alerts: { id: string }[]; status: object }];
  expect(top.deliveries).not.toEqual([]);
  expect(top.alerts.map(({ id }) => id)).toContain(alert.id);
  await print("test-report", "test", "right.test.yml", "wrong.test.yml", "--coverage");
  await print("backtest", "backtest", "--since", "1h", "--compare", "other.yml");
  for (const { notification } of hook.received) check("notification", notification, "the webhook");
  seen.add("notification");
  expect([...seen].sort()).toEqual([...OUTPUTS].sort());
}, 60_000);
