// Hostile text in events, target ids, rules, configurations, arguments and errors: nothing of it steers a terminal or
// forges a line, whatever is printed or logged, and JSON keeps it as it is.
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { wallClock } from "../../lib/app/clock.ts";
import { connectionOf } from "../../lib/simulator/describe.ts";
import { startSimulator } from "../../lib/simulator/server.ts";
import { folderWith } from "../support/cli.ts";
import { HARMLESS, hostileTexts, STEERS } from "../support/hostile-texts.ts";
import { lookoutHere } from "../support/in-process.ts";
import { startWebhook } from "../support/webhook.ts";

const TEXTS = hostileTexts.map(([, text]) => text);
const ALL = TEXTS.join(" ");
/** Whoever types a command may forge lines to themselves. */
const ARGUMENT = ALL.replaceAll("\n", " ").replaceAll("\0", "");
/** Events with texts of chance beside those of the table. */
const MORE = 10;

/** Of what was written, the places that steer, and lines that a text forged. */
function wrong(written: string): string[] {
  const lines = written.split("\n");
  const bad = lines.filter((line) => STEERS.test(line) || /^\d{4}-\S{10,24} error FORGED|^FORGED/.test(line));
  return bad.map((line) =>
    encodeURIComponent(
      line
        .slice(STEERS.exec(line)?.index ?? 0)
        .slice(0, 20)
        .toWellFormed(),
    ),
  );
}

interface Printed {
  args: readonly string[];
  stdout: string;
  stderr: string;
}

describe("what commands print of hostile events, targets and errors", () => {
  async function printed(): Promise<{ outputs: Printed[]; texts: string[] }> {
    const sim = await startSimulator({ clock: wallClock, scenario: "empty" });
    onTestFinished(() => sim.close());
    const hook = await startWebhook();
    hook.answer = () => ({ status: 400, body: ALL });
    const service = "svc-1";
    sim.world.addService({ service_id: service, service_name: `${ALL} ${HARMLESS}` });
    const chance = fc.sample(fc.string({ unit: "binary", minLength: 1, maxLength: 80 }), { numRuns: MORE, seed: 7 });
    const texts = [...TEXTS, HARMLESS, ...chance];
    const now = Date.now();
    sim.world.addServiceEvents(
      service,
      texts.map((event_info, at) => ({ occur_time: now - 60_000 + at, event_type: "abnormal", event_info })),
    );
    sim.setFaults([
      { kind: "status", status: 400, url: /no-such/, says: () => encodeURIComponent(ALL.toWellFormed()) },
    ]);
    const { url, credentials } = sim;
    const cwd = await folderWith({
      "lookout.yml": `${connectionOf({ url, credentials })}
sources: [{ kind: service-events, targets: [${service}, no-such], labels: { site: ${JSON.stringify(ALL)} } }]
rules:
  - { id: broken, when: { level: [error] }, by: [id, message], summary: "{{ event.resource.name }}: {{ event.message }}",
      description: ${JSON.stringify(ALL)} }
  - { id: odd, when: { text: [{ prefix: "nothing" }] } }
silences: [{ match: { rule: [nothing] }, comment: ${JSON.stringify(ALL)} }]
route: { channels: [out, ops], groupBy: ["..."] }
channels: { out: { type: console }, ops: { type: webhook, url: "${hook.url}" } }
`,
    });
    const env = { HW_ACCESS_KEY: credentials.accessKey, HW_SECRET_KEY: credentials.secretKey };
    const outputs: Printed[] = [];
    async function run(...args: string[]): Promise<string> {
      const { stdout, stderr } = await lookoutHere(args, { cwd, env });
      outputs.push({ args, stdout, stderr });
      return stdout;
    }
    await run("run", "--once");
    await run("run", "--once", "--json");
    for (const list of ["status", "alerts", "events", "deliveries"]) {
      await run(list);
      await run(list, "--json");
    }
    await run("top");
    const alerts = (await run("alerts", "--json")).trim().split("\n");
    for (const id of [JSON.parse(alerts[0]!).id, JSON.parse(alerts[0]!).events[0].id]) {
      await run("explain", id, "--all");
      await run("explain", id, "--json");
    }
    // What one person writes is read by others.
    const { id } = JSON.parse(alerts[0]!);
    await run("silence", "add", "rule=broken", "--duration", "2h", "--by", ALL, "--comment", ALL);
    await run("ack", id, "--by", ALL);
    for (const args of [["silence", "list"], ["alerts"], ["top"], ["explain", id], ["route", "--alert", id]]) {
      await run(...args);
      if (args[0] !== "top") await run(...args, "--json");
    }
    await run("explain", "--resource", `${ALL} ${HARMLESS}`);
    await run("explain", "--resource", `no-such ${ALL}`);
    await run("backtest", "--since", "10m");
    await run("backtest", "--since", "10m", "--json");
    await run("check", "--live");
    await run("redeliver", "--dead");
    for (const args of [["explain"], [], ["check", "--config"], ["send-test"]]) await run(...args, ARGUMENT);
    return { outputs, texts };
  }
  let outputs: Printed[];
  let texts: string[];

  test("nothing steers the terminal or forges a line, in text for people and in JSON", async () => {
    ({ outputs, texts } = await printed());
    for (const { args, stdout, stderr } of outputs) {
      expect([args.slice(0, 2), wrong(stdout)]).toEqual([args.slice(0, 2), []]);
      expect([args.slice(0, 2), wrong(stderr)]).toEqual([args.slice(0, 2), []]);
    }
    // JSON is still JSON, and has the texts as they are.
    const events = outputs.find(({ args }) => args[0] === "events" && args[1] === "--json")!.stdout;
    const messages = events
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).message);
    expect(messages).toEqual(texts.map((text) => text.toWellFormed()));
    for (const { args, stdout } of outputs) {
      if (args.includes("--json") && !["alerts", "events", "deliveries"].includes(args[0]!)) JSON.parse(stdout);
    }
    // What people write is shown as they wrote it.
    const shown = outputs.filter(({ args }) => args[0] === "events").map(({ stdout }) => stdout);
    for (const stdout of [outputs[0]!.stdout, ...shown]) expect(stdout).toContain(HARMLESS);
  });
});

const BROKEN: [name: string, yaml: string][] = [
  ["an unknown key", `${JSON.stringify(ALL)}: 1\n`],
  ["a rule's id", `rules: [{ id: ${JSON.stringify(ALL)}, when: {} }]\n`],
  ["a pattern", `rules: [{ id: a, when: { ${JSON.stringify(ALL)}: [${JSON.stringify(ALL)}] } }]\n`],
  ["a template", `rules: [{ id: a, when: { level: [error] }, summary: ${JSON.stringify(`{{ ${ALL} | nope }}`)} }]\n`],
  ["an include", `rules: [{ include: ${JSON.stringify(`${ALL}.yml`)} }]\n`],
  ["a channel", `route: { channels: [${JSON.stringify(ALL)}] }\n`],
  ["a time zone", `timezone: ${JSON.stringify(ALL)}\n`],
  ["a region", `connections: { a: { cloud: otc, region: ${JSON.stringify(ALL)} } }\n`],
  ["raw controls", `rules: \u001b[31m\u009b0m\n`],
];

test.each(BROKEN)("the errors of a configuration steer no terminal: %s", async (_name, yaml) => {
  const cwd = await folderWith({ "lookout.yml": yaml });
  const { code, stdout, stderr } = await lookoutHere(["check"], { cwd });
  expect([code, stderr === ""]).toEqual([2, false]);
  expect(wrong(stdout + stderr)).toEqual([]);
});
