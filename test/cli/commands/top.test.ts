// `top` and `run --view`: what is open, how far the sources are read and what is sent; live on a
// terminal, once elsewhere.
import { stripVTControlCharacters } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import { paced } from "../../../lib/cli/commands/top.ts";
import { main } from "../../../lib/cli/main.ts";
import type { ViewState } from "../../../lib/local/view.ts";
import { connectionOf } from "../../../lib/simulator/describe.ts";
import { startSimulator } from "../../../lib/simulator/server.ts";
import { folderWith } from "../../support/cli.ts";
import { lookoutHere } from "../../support/in-process.ts";
import { ioTo } from "../../support/io.ts";
import { noTerminal, onTerminal } from "../../support/terminal.ts";
import { startWebhook } from "../../support/webhook.ts";

async function setUp() {
  const sim = await startSimulator({ clock: wallClock, scenario: "empty" });
  onTestFinished(() => sim.close());
  const hook = await startWebhook();
  for (const id of ["svc-1", "svc-2"]) {
    sim.world.addService({ service_id: id, service_name: id });
    const event_info = `${id} failed`;
    sim.world.addServiceEvents(id, [{ occur_time: Date.now() - 60_000, event_type: "abnormal", event_info }]);
  }
  const cwd = await folderWith({
    "lookout.yml": `${connectionOf(sim)}timezone: Asia/Kolkata
sources: [{ kind: service-events }]
rules:
  - { id: one, when: { message: ["svc-1 failed"] }, severity: warning, summary: "one 失败" }
  - { id: two, when: { message: ["svc-2 failed"] }, severity: critical, summary: "two" }
channels: { ops: { type: webhook, url: "${hook.url}" } }
`,
  });
  return { cwd, env: { HW_ACCESS_KEY: sim.credentials.accessKey, HW_SECRET_KEY: sim.credentials.secretKey } };
}

it("top prints the view once where there is no terminal: sources with lag, alerts by severity, deliveries", async () => {
  const here = await setUp();
  await lookoutHere(["run", "--once"], here);
  const { code, stdout } = await lookoutHere(["top"], here);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^ Lookout, lookout.yml: healthy {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\+5:30\n/),
  ]);
  expect(stdout).toMatch(/^● service-events +2 +2 +\d+s +\d+s ago$/m);
  expect(stdout).toMatch(
    /OPEN ALERTS \(2\) {2}1 critical, 1 warning\n {2}critical ×1 +\d+\w {2}two → ops \(webhook\)\n {2}warning/,
  );
  expect(stdout).toMatch(/DELIVERIES \(0 pending, 0 dead\)\n {2}\d\d:\d\d:\d\d DELIVERED ops: new: /);
  expect(stdout).not.toContain("\u001b");
});

it("top says what is wrong", async () => {
  const here = await setUp();
  expect((await lookoutHere(["top"], here)).stdout).toMatch(/^ Lookout, lookout.yml: NOT HEALTHY .*\n {2}! /);
});

it("top goes on with what was known where the state cannot be read for a moment, and says so", async () => {
  const good: ViewState = {
    title: "",
    aside: "",
    problems: ["p"],
    figures: [],
    sources: [],
    open: [],
    news: [],
    latest: "",
    next: { heading: "", steps: [] },
  };
  let now = 0;
  let error: Error | undefined;
  const read = async () => {
    if (error) throw error;
    return good;
  };
  const view = paced(read, { now: () => now, sleep: async () => {} });
  const problems = async (at: number) => {
    now = at;
    return (await view()).problems;
  };
  expect(await problems(0)).toEqual(["p"]);
  error = new Error("the file is in use");
  expect(await problems(1_000)).toEqual(["p"]);
  expect(await problems(2_000)).toEqual([expect.stringContaining("the file is in use"), "p"]);
  expect(await problems(3_000)).toEqual([expect.stringContaining("the file is in use"), "p"]);
  error = undefined;
  expect(await problems(4_000)).toEqual(["p"]);
});

it("top --json prints what the view shows once, and ends", async () => {
  const here = await setUp();
  await lookoutHere(["run", "--once"], here);
  const { code, stdout } = await lookoutHere(["top", "--json"], here);
  const { status, alerts, deliveries } = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(status).toMatchObject({ healthy: true, deliveries: { pending: 0 }, sources: [{ source: "service-events" }] });
  expect(alerts.map(({ severity }: { severity: string }) => severity)).toEqual(["critical", "warning"]);
  expect(deliveries).toHaveLength(2);
  expect(deliveries[0]).toMatchObject({ channel: "ops", status: "delivered" });
});

it("top leaves the terminal as it was once nobody looks any more", async () => {
  const here = await setUp();
  const before = process.cwd();
  let output = "";
  const gone = new AbortController();
  const look = (text: string) => {
    output += text;
    if (output.includes("OPEN ALERTS")) gone.abort();
  };
  try {
    process.chdir(here.cwd);
    expect(await main(["top"], ioTo(look, look, { tty: true, gone: gone.signal }), "0.0.0")).toBe(0);
  } finally {
    process.chdir(before);
  }
  expect(output.startsWith("\u001b[?1049h")).toBe(true);
  expect(output.endsWith("\u001b[?1049l")).toBe(true);
});

it.skipIf(noTerminal)(
  `top ends at q${noTerminal ? ` (${noTerminal})` : ""}`,
  async () => {
    const here = await setUp();
    await lookoutHere(["run", "--once"], here);
    const top = onTerminal("top", here);
    await expect.poll(top.shown, { timeout: 15_000, interval: 20 }).toContain("q quits");
    top.type("q");
    expect(await top.ended).toBe(0);
    expect(stripVTControlCharacters(top.shown())).toContain("two → ops (webhook)");
  },
  30_000,
);

it.skipIf(noTerminal)(
  `run --view shows the same while it runs${noTerminal ? ` (${noTerminal})` : ""}`,
  async () => {
    const here = await setUp();
    const run = onTerminal("run --view", here);
    await expect
      .poll(() => stripVTControlCharacters(run.shown()), { timeout: 15_000, interval: 20 })
      .toMatch(/DELIVERED ops: new: /);
    run.type("q");
    expect(await run.ended).toBe(0);
    const [before = "", during = "", after = ""] = run.shown().split(/\u001b\[\?1049[hl]/);
    expect(before).toBe("");
    expect(stripVTControlCharacters(during)).toContain("q stops it");
    expect(during).not.toMatch(/\d{4}-\d\d-\d\dT\S+ info /);
    expect(after).toMatch(/info {2}stopped\r?\n$/);
  },
  30_000,
);
