// `lookout explain`: what became of an event and an alert, with the lines of the configuration, and what would become
// of a pasted one. The real process is asked once, and wherever it reads its stdin.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith, lookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

const SERVICE = "zcjtest-07085";
/** A service that has no events. */
const QUIET = "quiet-1";
const PARTS = `rules:
  - { id: pools, when: { source: [pool-events], level: [warning] } }
  - { id: failing, when: { source: [training-events], level: [error] }, severity: critical }
  - { id: quiet, when: { level: [error] } }
route:
  channels: [ops]
  routes:
    - { match: { severity: [critical] }, channels: [pager] }
silences:
  - { match: { rule: [quiet] }, comment: migration }
channels:
  pager: { type: webhook, url: "HOOK", secret: "\${env:OPS_SECRET}" }
  ops:`;

/** One round over the samples has been run. */
async function setUp() {
  const sim = await startWithSamples();
  sim.world.addService({ service_id: QUIET, service_name: QUIET });
  const hook = await startWebhook();
  const yaml = samplesConfig(sim, hook.url)
    .replace("service-events, targets: [", `service-events, targets: [${QUIET}, `)
    .replace(/rules:.*ops:/s, () => PARTS.replace("HOOK", hook.url));
  const cwd = await folderWith({ "lookout.yml": yaml });
  const run = { cwd, env: samplesEnvironment(sim, SECRET) };
  expect((await lookoutHere(["run", "--once"], run)).code).toBe(0);
  async function list(what: string) {
    const { stdout } = await lookoutHere([what, "--json"], run);
    const lines = stdout.trim().split("\n");
    return lines.map((one) => JSON.parse(one));
  }
  /** Where the flow mapping stands that holds the text: `lookout.yml:12:5`. */
  function line(text: string): string {
    const lines = yaml.split("\n");
    const at = lines.findIndex((one) => one.includes(text));
    return `lookout.yml:${at + 1}:${lines[at]!.indexOf("{") + 1}`;
  }
  const explain = (args: string[]) => lookoutHere(["explain", ...args], run);
  return { hook, run, list, line, explain };
}

describe("explain", () => {
  it("an event, then its alert: the rule, the route and the delivery, each with its line; and nothing is written", async () => {
    const { list, line, explain, run } = await setUp();
    const stateFile = join(run.cwd, ".lookout/state.db");
    const before = await readFile(stateFile);
    const [failed] = (await list("events")).filter(
      ({ source, level }) => source === "training-events" && level === "error",
    );
    const [delivery] = (await list("deliveries")).filter(({ channel }) => channel === "pager");
    const [alert] = delivery.alerts;

    const event = await lookout(["explain", failed.id.slice(0, 12)], run);
    expect(event.code).toBe(0);
    const notified = [
      `route.routes[0] (${line("severity: [critical]")}) → pager; group rule=failing`,
      `delivery ${delivery.id.slice(0, 8)} to pager (new): delivered at`,
    ];
    for (const words of [
      "2 of 3 rules match",
      `failing (${line("id: failing")})`,
      `opened alert ${alert.slice(0, 8)}`,
      ...notified,
      `quiet (${line("id: quiet")})`,
      `silenced by silence "migration" (${line("comment: migration")})`,
      `pools (${line("id: pools")}): source is "training-events", wanted "pool-events"`,
    ]) {
      expect(event.stdout).toContain(words);
    }

    const { code, stdout } = await explain([alert.slice(0, 12)]);
    expect(code).toBe(0);
    for (const words of [
      `rule failing (${line("id: failing")})`,
      `opened by event ${failed.id.slice(0, 8)}`,
      ...notified,
    ]) {
      expect(stdout).toContain(words);
    }

    const { stdout: json } = await explain([failed.id, "--json"]);
    expect(JSON.parse(json)).toMatchObject({
      event: failed,
      stored: true,
      rules: [{ rule: "failing" }, { rule: "quiet" }, {}],
    });
    expect(await readFile(stateFile)).toEqual(before);
  }, 30_000);

  it("the events of a resource, by name; and of one that had none, how far it is read", async () => {
    const { explain } = await setUp();
    const { code, stdout } = await explain(["--resource", SERVICE, "--since", "2h", "--limit", "3"]);
    expect(code).toBe(0);
    expect(stdout).toContain("The newest 3 of 9 events");
    expect(stdout.match(/^event /gm)).toHaveLength(3);
    expect(stdout).toContain("and 2 more: --all shows them");
    const all = JSON.parse((await explain(["--resource", SERVICE, "--json"])).stdout);
    expect(all).toMatchObject({ resource: SERVICE, earlier: 0, targets: [] });
    expect(all.events).toHaveLength(9);
    const many = await explain([""]);
    expect([many.code, many.stderr]).toEqual([2, expect.stringContaining("give more of it")]);
    const quiet = await explain(["--resource", QUIET]);
    expect(quiet.stdout).toMatch(/No event of \S+ was seen since .*\nIts target of service-events is read up to /);
    expect((await explain(["--resource", "nobody"])).stdout).toContain("No target has this id");
  }, 30_000);

  it("a pasted event: what would happen, and nothing does", async () => {
    const { run, hook, line } = await setUp();
    const sent = hook.received.length;
    const pasted = { source: "training-events", level: "error", message: "boom", resource: { id: "new" } };
    const { code, stdout } = await lookout(["explain", "--event", "-"], { ...run, stdin: JSON.stringify(pasted) });
    expect(code).toBe(0);
    for (const words of [
      "filled in: id, sourceId",
      "2 of 3 rules match; this is what would happen now",
      "would open an alert (critical)",
      `route.routes[0] (${line("severity: [critical]")}) → pager`,
      "(new)",
      `silenced by silence "migration"`,
    ]) {
      expect(stdout).toContain(words);
    }
    expect(hook.received).toHaveLength(sent);
  }, 30_000);

  it.each([
    ["nothing to explain", [], "", "name one event or alert by its id"],
    ["two things at once", ["abc", "--event", "-"], "{}", "name one event or alert by its id"],
    ["an id that nothing has", ["zzz"], "", "no event or alert has an id that begins with zzz"],
    ["a wrong duration", ["--resource", "x", "--since", "yesterday"], "", "expected a duration"],
    ["text that is no JSON", ["--event", "-"], "boom", "stdin:1:1: this is no JSON"],
    [
      "a field that is wrong",
      ["--event", "-"],
      `{ "source": "service-events", "level": "bad" }`,
      'stdin:1:40: "level" must be one of',
    ],
    ["an event of no source", ["--event", "-"], `{ "level": "error" }`, 'stdin:1:1: the key "source" is missing'],
  ])("refuses %s", async (_, args, stdin, words) => {
    const config = samplesConfig({ url: "http://127.0.0.1:2", credentials: { projectId: "p" } }, "http://127.0.0.1:2");
    const cwd = await folderWith({ "lookout.yml": config });
    const command = stdin === "" ? lookoutHere : lookout;
    const { code, stdout, stderr } = await command(["explain", ...args], { cwd, stdin });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(words);
  });
});
