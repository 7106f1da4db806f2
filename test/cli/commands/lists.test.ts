// `alerts`, `events`, `deliveries`, `status`: headers, order, local times, and the filters, which
// hold for JSON as well.
import { describe, expect, it, onTestFinished } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import { main } from "../../../lib/cli/main.ts";
import { connectionOf } from "../../../lib/simulator/describe.ts";
import { startSimulator } from "../../../lib/simulator/server.ts";
import { folderWith } from "../../support/cli.ts";
import { lookoutHere } from "../../support/in-process.ts";
import { keepingIo } from "../../support/io.ts";
import { startWebhook } from "../../support/webhook.ts";

/** Two services, of which one failed and one was slow; one channel refuses everything, which is an alert as well. */
async function setUp() {
  const sim = await startSimulator({ clock: wallClock, scenario: "empty" });
  onTestFinished(() => sim.close());
  const hook = await startWebhook();
  const gone = await startWebhook();
  gone.answer = () => ({ status: 404 });
  const now = Date.now();
  for (const [id, type, text] of [
    ["svc-1", "abnormal", "the service failed"],
    ["svc-2", "normal", "the service is slow"],
  ] as const) {
    sim.world.addService({ service_id: id, service_name: `${id}-name` });
    sim.world.addServiceEvents(id, [{ occur_time: now - 1_200_000, event_type: type, event_info: text }]);
  }
  const cwd = await folderWith({
    "own.yml": `${connectionOf(sim)}timezone: Asia/Kolkata
sources: [{ kind: service-events, lookback: 1h }]
rules:
  - { id: slow, when: { text: [{ wildcard: "*slow*" }] }, severity: warning, summary: "{{ event.resource.name }} is slow" }
  - { id: failed, when: { text: [{ wildcard: "*failed*" }] }, severity: critical, summary: "{{ event.resource.name }} failed" }
route: { channels: [ops], routes: [{ match: { rule: [failed] }, channels: [gone] }] }
channels: { ops: { type: webhook, url: "${hook.url}" }, gone: { type: webhook, url: "${gone.url}" } }
`,
  });
  const { accessKey, secretKey } = sim.credentials;
  const env = { HW_ACCESS_KEY: accessKey, HW_SECRET_KEY: secretKey, LOOKOUT_CONFIG: "own.yml" };
  return { cwd, env };
}

type Here = Awaited<ReturnType<typeof setUp>>;

function fieldsOf(stdout: string, field: string): unknown[] {
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)[field]]));
}

it("lists with headers, the most urgent first, in the configuration's time zone, filtered as they are asked", async () => {
  const here: Here = await setUp();
  const run = async (...args: string[]) => (await lookoutHere(args, here)).stdout;
  expect((await lookoutHere(["run", "--once"], here)).stderr).toContain("404");

  const alerts = (await run("alerts")).trimEnd().split("\n");
  expect(alerts.map((line) => line.split(/ {2,}/)[0])).toEqual(["SEVERITY", "critical", "error", "warning"]);
  for (const line of alerts.slice(1)) expect(line).toMatch(/ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\+5:30 /);
  expect((await run("events")).split("\n")[0]).toMatch(/^TIME +LEVEL +SOURCE +RESOURCE +EVENT +MESSAGE$/);
  expect((await run("deliveries")).split("\n")[0]).toMatch(/^TIME +DELIVERY +STATUS +CHANNEL +TRIES +MESSAGE$/);
  expect(await run("deliveries")).toMatch(/ dead +gone +1 +new: failed, svc-1-name failed; .*404/);
  expect(await run("status")).toMatch(/^SOURCE +READ UP TO +LAG +TARGET$/m);
  expect(await run("status")).toMatch(/ \d{4}-.*GMT\+5:30 +\d+s +svc-1-name \(svc-1\)$/m);

  const cases: [args: string[], field: string, values: unknown[]][] = [
    [["alerts"], "rule", ["failed", "lookout-unhealthy", "slow"]],
    [["alerts", "--severity", "critical"], "rule", ["failed"]],
    [["alerts", "--severity", "critical,warning"], "rule", ["failed", "slow"]],
    [["alerts", "--rule", "slow"], "rule", ["slow"]],
    [["alerts", "--channel", "gone"], "rule", ["failed"]],
    [["alerts", "--resource", "svc-2-name"], "rule", ["slow"]],
    [["alerts", "--status", "resolved"], "rule", []],
    [["alerts", "--since", "15m"], "rule", ["lookout-unhealthy"]],
    [["events", "--rule", "failed"], "message", ["the service failed"]],
    [["events", "--severity", "normal"], "message", ["the service is slow"]],
    [["events", "--resource", "svc-1"], "message", ["the service failed"]],
    [["events", "--since", "15m"], "message", []],
    [["events", "--channel", "gone"], "message", ["the service failed"]],
    [["events", "--channel", "gone", "--rule", "slow"], "message", []],
    [["events", "--status", "firing"], "message", ["the service failed", "the service is slow"]],
    [["events", "--status", "resolved"], "message", []],
    [["deliveries", "--status", "dead"], "channel", ["gone"]],
    [["deliveries", "--channel", "ops"], "status", ["delivered", "delivered"]],
    [["deliveries", "--rule", "slow"], "channel", ["ops"]],
    [["deliveries", "--severity", "critical"], "channel", ["gone"]],
    [["deliveries", "--resource", "svc-2"], "channel", ["ops"]],
    [["deliveries", "--since", "1h", "--status", "pending"], "channel", []],
    [["deliveries", "--channel", "gone", "--limit", "1"], "channel", ["gone"]],
    [["deliveries", "--status", "delivered", "--since", "1h", "--limit", "1"], "channel", ["ops"]],
  ];
  for (const [args, field, values] of cases) {
    const found = fieldsOf(await run(...args, "--json"), field);
    expect([args, found.toSorted()]).toEqual([args, values]);
    const lines = (await run(...args)).trimEnd().split("\n");
    if (values.length === 0) expect(lines).toEqual(["Nothing passes these filters."]);
    else expect(lines).toHaveLength(1 + values.length);
  }
});

describe("what is no filter is refused, having done nothing", () => {
  it.each([
    [["alerts", "--severity", "urgent"], "--severity urgent: expected critical, error, warning, info"],
    [["events", "--severity", "info"], "--severity info: expected normal, warning, error, critical"],
    [["events", "--status", "sent"], "--status sent: expected firing, resolved"],
    [["deliveries", "--status", "sent"], "--status sent: expected pending, delivered, dead"],
    [["deliveries", "--since", "yesterday"], "--since yesterday: expected a duration such as 30m, 2h or 7d"],
    [["events", "--limit", "none"], "--limit none: expected a whole number above 0"],
  ])("%j", async (args, message) => {
    const { io, written } = keepingIo();
    expect(await main(args, io, "0.0.0")).toBe(2);
    expect(written().stderr).toContain(message);
  });
});

describe("LOOKOUT_CONFIG", () => {
  it.each([
    ["names the file that is read", { LOOKOUT_CONFIG: "other.yml" }, [], "other.yml"],
    ["gives way to --config", { LOOKOUT_CONFIG: "other.yml" }, ["--config", "named.yml"], "named.yml"],
    ["says nothing where it is empty", { LOOKOUT_CONFIG: "" }, [], "lookout.yml"],
  ])("%s", async (_, env, args, file) => {
    const { code, stderr } = await lookoutHere(["check", ...args], { cwd: await folderWith({}), env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(`there is no ${file} in`)]);
  });
});
