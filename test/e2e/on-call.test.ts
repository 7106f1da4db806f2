// What a person on call does from a shell: `silence`, `ack` and `route`, over a state that a round has left.
import { describe, expect, it } from "vitest";
import { folderWith, lookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

const PARTS = `rules:
  - { id: failing, when: { source: [training-events], level: [error] }, severity: critical, labels: { team: ml } }
  - { id: pools, when: { source: [pool-events], level: [warning] }, by: [id] }
timeIntervals:
  nights: [{ times: [{ start_time: "22:00", end_time: "07:00" }] }]
  always: [{ years: ["2000:2999"] }]
  never: [{ years: [1999] }]
route:
  channels: [ops]
  groupWait: 30s
  routes:
    - { match: { severity: [critical] }, channels: [pager], groupBy: ["..."], continue: true, escalate: [{ after: 15m, channels: [ops] }] }
    - { match: { labels.team: [ml] }, groupInterval: 90s, repeatInterval: 2d }
inhibit:
  - { source: { rule: [failing] }, target: { rule: [pools] } }
channels:
  pager: { type: webhook, url: "HOOK", secret: "\${env:OPS_SECRET}" }
  ops:`;

/** One round over the samples has been run. */
async function setUp() {
  const sim = await startWithSamples();
  const hook = await startWebhook();
  const yaml = samplesConfig(sim, hook.url).replace(/rules:.*ops:/s, () => PARTS.replace("HOOK", hook.url));
  const cwd = await folderWith({ "lookout.yml": yaml });
  const run = { cwd, env: { ...samplesEnvironment(sim, SECRET), USER: "ada" } };
  expect((await lookoutHere(["run", "--once"], run)).code).toBe(0);
  const here = (...args: string[]) => lookoutHere(args, run);
  async function json(...args: string[]) {
    const { code, stdout, stderr } = await here(...args, "--json");
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }
  async function lines(...args: string[]) {
    return (await here(...args, "--json")).stdout
      .split("\n")
      .filter(Boolean)
      .map((one) => JSON.parse(one));
  }
  return { run, here, json, lines };
}

describe("ack", () => {
  it("says who takes care of an alert, and takes it back", async () => {
    const { here, json, lines } = await setUp();
    const [{ id }] = (await lines("alerts")).filter(({ rule }) => rule === "failing");
    expect(await json("ack", id.slice(0, 6))).toMatchObject({ id, status: "firing", acknowledgedBy: "ada" });
    expect((await lines("alerts")).find((one) => one.id === id).acknowledgedBy).toBe("ada");
    expect((await here("alerts")).stdout).toMatch(/\(acknowledged by ada at \S+ \S+ UTC\)/);
    expect((await here("explain", id)).stdout).toContain("acknowledged by ada");
    expect((await here("ack", id, "--by", "bob")).stdout).toMatch(/^bob takes care of [0-9a-f]{8} failing: /);
    expect(await json("ack", id, "--undo")).toMatchObject({ acknowledgedBy: null });
    expect(await here("ack", "ffff-no")).toMatchObject({ code: 2, stderr: expect.stringContaining("no open alert") });
    expect(await here("ack", id, "--by", "")).toMatchObject({ code: 2 });
    expect(await here("ack", "")).toMatchObject({ code: 2, stderr: expect.stringContaining("an id is empty") });
  });
});

describe("silence", () => {
  it("is added by matchers, shown with what it holds back, and ended", async () => {
    const { here, json, lines } = await setUp();
    const added = await json(
      "silence",
      "add",
      "rule=failing",
      "labels.team=ml",
      "--duration",
      "2h",
      "--comment",
      "migration",
    );
    expect(added).toMatchObject({ state: "active", by: "ada", comment: "migration" });
    expect(added.match).toEqual({ rule: ["failing"], "labels.team": ["ml"] });
    expect(Date.parse(added.until) - Date.parse(added.from)).toBe(7_200_000);
    expect(await lines("silence", "list")).toEqual([added]);
    const held = (await lines("alerts")).filter(({ rule }) => rule === "failing");
    expect(held.map(({ suppressedBy }) => suppressedBy)).toEqual([[`silence ${added.id.slice(0, 8)} "migration"`]]);
    expect((await here("alerts")).stdout).toContain("held back by silence");
    expect((await here("explain", held[0].id)).stdout).toContain(`silenced by silence ${added.id.slice(0, 8)}`);
    expect(await json("silence", "expire", added.id.slice(0, 8))).toMatchObject({ id: added.id, state: "expired" });
    expect(await lines("silence", "list")).toEqual([]);
    expect(await lines("silence", "list", "--all")).toMatchObject([{ id: added.id, state: "expired" }]);
  });

  it("is added for one alert, from and until instants, in time intervals, and for a pattern", async () => {
    const { json, lines, here } = await setUp();
    const [{ id }] = await lines("alerts");
    expect((await json("silence", "add", id.slice(0, 8), "--duration", "30m")).match).toEqual({ id: [id] });
    const times = ["--from", "2126-01-01T00:00:00Z", "--until", "2126-01-02T00:00:00Z", "--during", "nights"];
    expect(await json("silence", "add", "rule=~fail*", ...times)).toMatchObject({
      state: "pending",
      from: "2126-01-01T00:00:00.000Z",
      until: "2126-01-02T00:00:00.000Z",
      during: ["nights"],
      match: { rule: [{ wildcard: "fail*" }] },
    });
    const match = { severity: ["warning"] };
    expect((await json("silence", "add", "--match", JSON.stringify(match), "--duration", "1h")).match).toEqual(match);
    expect((await here("silence", "list")).stdout).toMatch(/^ID +STATE +FROM.*\n(.*\n){3}$/);
  });

  it("is tried before: what it would have held back in the last day", async () => {
    const { json, here } = await setUp();
    const preview = await json("silence", "preview", "rule=failing");
    expect(preview.alerts.map(({ rule }: { rule: string }) => rule)).toEqual(["failing"]);
    expect(preview.deliveries).toBe(2);
    expect((await here("silence", "preview", "rule!=failing")).stdout).toContain("pools");
    // Its own times are to come, and say nothing about the day.
    expect((await json("silence", "preview", "rule=failing", "--from", "2126-01-01T00:00:00Z")).deliveries).toBe(2);
    expect((await json("silence", "preview", "rule=failing", "--duration", "2h")).deliveries).toBe(2);
    expect((await json("silence", "preview", "rule=failing", "--during", "always")).deliveries).toBe(2);
    expect(await json("silence", "preview", "rule=failing", "--during", "never")).toMatchObject({
      alerts: [],
      deliveries: 0,
    });
    for (const [option, value, said] of [
      ["--during", "nihgts", "there is no such time interval; there are nights"],
      ["--duration", "2 h", "expected a duration"],
      ["--from", "tomorrow", "expected an instant"],
    ] as const) {
      const { code, stderr } = await here("silence", "preview", "rule=failing", option, value);
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    }
  });

  it("says how many alerts it matches: none of Lookout's own unless it names their rule", async () => {
    const { here, lines, run } = await setUp();
    const others = (await lines("alerts")).length;
    await lookoutHere(["run", "--once"], { ...run, env: { ...run.env, HW_SECRET_KEY: "" } });
    const own = (await lines("alerts")).filter(({ rule }) => rule === "lookout-unhealthy");
    expect([own.length, (await lines("alerts")).length]).toEqual([1, others + 1]);
    const add = async (...what: string[]) => (await here("silence", "add", ...what, "--duration", "2h")).stdout;
    expect(await add("status=firing")).toContain(`it matches ${others} open alert`);
    expect(await add("rule=lookout-unhealthy")).toContain("it matches 1 open alert");
    expect(await add(own[0].id)).toContain("it matches 1 open alert");
  });

  const REFUSED: [sentence: string, args: string[], said: string][] = [
    ["nothing to silence", ["--duration", "2h"], "say what to silence"],
    ["no time", ["rule=failing"], "say for how long"],
    ["two ends", ["rule=failing", "--duration", "2h", "--until", "2126-01-01T00:00:00Z"], "say for how long"],
    ["no duration", ["rule=failing", "--duration", "2 h"], "expected a duration"],
    ["an end before the start", ["rule=failing", "--until", "2020-01-01T00:00:00Z"], "it is not after"],
    ["a past one", ["rule=x", "--from", "2020-01-01T00:00:00Z", "--duration", "1h"], "over already"],
    ["a field that no alert has", ["labls.team=ml", "--duration", "2h"], 'did you mean "labels"?'],
    ["a field twice", ["rule=a", "rule=b", "--duration", "2h"], '"rule" is given twice'],
    ["a wildcard without a star", ["rule=~fail", "--duration", "2h"], "takes a wildcard"],
    ["an unknown alert", ["0000-none", "--duration", "2h"], "no alert has an id"],
    ["an unknown time interval", ["rule=failing", "--duration", "2h", "--during", "noon"], "there are nights"],
    ["one by a name of every object", ["rule=failing", "--duration", "2h", "--during", "toString"], "there are nights"],
    [
      "a matcher among the intervals",
      ["--during", "nights", "rule=failing", "--duration", "2h"],
      "--during rule=failing",
    ],
    ["an end that no calendar has", ["rule=x", "--from", "9999-12-31T00:00:00Z", "--duration", "7d"], "the year 9999"],
    [
      "a pattern of a field that no alert has",
      ["--match", '{"rle":["x"]}', "--duration", "2h"],
      'did you mean "rule"?',
    ],
    ["an empty id", ["", "--duration", "2h"], '"lookout alerts --all" lists every alert'],
    ["an invalid pattern", ["--match", '{"rule":"x"}', "--duration", "2h"], "--match"],
  ];
  it("is refused where it says too little or what cannot be", async () => {
    const { here } = await setUp();
    for (const [sentence, args, said] of REFUSED) {
      const { code, stderr } = await here("silence", "add", ...args);
      expect([sentence, code, stderr]).toEqual([sentence, 2, expect.stringContaining(said)]);
    }
  });
});

describe("route", () => {
  it("says of alerts on stdin which routes take them, to whom, in which group, and what holds them back", async () => {
    const { run, here } = await setUp();
    await here("silence", "add", "labels.team=ml", "--duration", "2h", "--comment", "drill");
    const stdin = `{"rule":"failing"}\n\n{"labels":{"team":"ml"},"severity":"info"}\n{"rule":"pools","resource":{"id":"p-1"}}\n`;
    const { code, stdout } = await lookout(["route", "--json"], { ...run, stdin });
    expect(code).toBe(0);
    const [failing, ml, pools] = stdout
      .trim()
      .split("\n")
      .map((one) => JSON.parse(one));
    expect(failing.channels).toEqual(["pager", "ops"]);
    expect(failing.routes).toMatchObject([
      { path: "route.routes[0]", channels: ["pager"], group: { alert: expect.any(String) }, groupWait: "30s" },
      {
        path: "route.routes[1]",
        channels: ["ops"],
        group: { rule: "failing" },
        groupInterval: "90s",
        repeatInterval: "2d",
      },
    ]);
    expect(failing.routes[0].escalate).toEqual([{ after: "15m", channels: ["ops"] }]);
    expect(failing.routes[0].heldBy).toMatchObject({ kind: "silenced", by: expect.stringContaining("drill") });
    expect(ml.routes.map(({ path }: { path: string }) => path)).toEqual(["route.routes[1]"]);
    expect(pools.routes).toMatchObject([
      {
        path: "route",
        at: expect.stringMatching(/^lookout.yml:\d+:\d+$/),
        groupInterval: "5m",
        heldBy: { kind: "inhibited" },
      },
    ]);
    const text = await lookout(["route"], { ...run, stdin: '{"rule":"failing"}\n{"severity":"bad"}\nnone\n' });
    expect(text.code).toBe(1);
    expect(text.stdout).toContain("→ pager; group alert=");
    expect(text.stderr).toMatch(/line 2 of stdin is no alert: severity: .*\n.*line 3 of stdin is no alert/);
  });

  it("takes an alert as a webhook delivers it, and one of which events are known in part", async () => {
    const { run, here, lines } = await setUp();
    await here("silence", "add", "--match", '{"events.reason":["oom"]}', "--duration", "2h");
    const [alert] = (await lines("alerts")).filter(({ rule }) => rule === "failing");
    const delivered = { ...alert, id: "other", newCount: 1, reason: "new" };
    const part = { rule: "b", events: [{ reason: "oom", resource: { id: "p-1" } }, {}] };
    const stdin = [delivered, part].map((one) => `${JSON.stringify(one)}\n`).join("");
    const { code, stdout, stderr } = await lookout(["route", "--json"], { ...run, stdin });
    expect([code, stderr]).toEqual([0, ""]);
    const routings = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(routings.map(({ channels }) => channels)).toEqual([["pager", "ops"], ["ops"]]);
    expect(routings[1].routes[0].heldBy).toMatchObject({ kind: "silenced" });
  });

  it("adds the rule's labels to those that are given", async () => {
    const { run } = await setUp();
    const stdin = '{"rule":"failing","labels":{}}\n{"rule":"failing","labels":{"team":"web"}}\n';
    const { stdout } = await lookout(["route", "--json"], { ...run, stdin });
    const channels = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).channels);
    expect(channels).toEqual([["pager", "ops"], ["pager"]]);
  });

  it("says the same of an alert that is open", async () => {
    const { lines } = await setUp();
    const [{ id }] = (await lines("alerts")).filter(({ rule }) => rule === "pools");
    expect(await lines("route", "--alert", id.slice(0, 8))).toMatchObject([{ channels: ["ops"] }]);
  });
});
