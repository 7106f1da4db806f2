// The commands a person on call uses: live checks, the daemon and its signals, deliveries, tests. With the real
// process but for further cases of a command and what is only looked at, which run in this one.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { folderWith, lookout, startLookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { ABNORMAL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook, verifySigned } from "../support/webhook.ts";

async function setUp(more = "") {
  const sim = await startWithSamples();
  const hook = await startWebhook();
  const yaml = samplesConfig(sim, hook.url, more);
  const cwd = await folderWith({ "lookout.yml": yaml });
  return { sim, hook, yaml, run: { cwd, env: samplesEnvironment(sim, SECRET) } };
}

describe("check --live", () => {
  it("authenticates and lists the targets it finds, and moves nothing", async () => {
    const { sim, hook, yaml, run } = await setUp();
    await writeFile(join(run.cwd, "lookout.yml"), yaml.replace(/, targets: \[[^\]]+\]/g, ""));
    const { code, stdout } = await lookout(["check", "--live"], run);
    expect(code).toBe(0);
    for (const name of ["zcjtest-07085", "mnist", "pool-6f5da086876d4cd084d36f8bd3346036", sim.credentials.projectId]) {
      expect(stdout).toContain(name);
    }
    expect(hook.received).toEqual([]);
    expect((await lookoutHere(["events", "--json"], run)).stdout).toBe("");
  });

  it("names the permission that is missing", async () => {
    const { sim, run } = await setUp();
    sim.setSwitches({ forbidden: ["training-events"] });
    const { code, stdout } = await lookoutHere(["check", "--live"], run);
    expect(code).toBe(1);
    expect(stdout).toContain("modelarts:trainJob:listEvents");
  });

  it.each([
    ["projectId", "an id that the credentials do not see", "HTTP 403 ModelArts.0210"],
    ["project", "a name that they do not see", "no project named ffffffffffffffffffffffffffffffff"],
  ])("says what the cloud answers to a %s that is %s, and where the right one stands", async (key, _, answered) => {
    const { sim, yaml, run } = await setUp();
    const wrong = `${key}: ffffffffffffffffffffffffffffffff`;
    const file = yaml.replace(/projectId: ["\w]+/, wrong);
    expect(file).toContain(wrong);
    await writeFile(join(run.cwd, "lookout.yml"), file);
    const { code, stdout } = await lookoutHere(["check", "--live"], run);
    expect(code).toBe(1);
    expect(stdout).toContain(answered);
    expect(stdout).toContain('the console shows names and ids under "My Credentials", "Projects"');
    expect(stdout).not.toContain("lack the permission");
    expect(sim.seen.filter(({ status }) => status === 401)).toEqual([]);
  });

  it("tries wrong credentials no more than twice", async () => {
    const { sim, run } = await setUp();
    const { code, stdout, stderr } = await lookoutHere(["check", "--live"], {
      ...run,
      env: { ...run.env, HW_SECRET_KEY: "not-the-secret" },
    });
    expect(code).toBe(1);
    expect(sim.seen.filter(({ status }) => status === 401)).toHaveLength(2);
    expect(stdout + stderr).not.toContain("not-the-secret");
  });
});

describe("run", () => {
  it("notifies what happens while it runs, and ends cleanly at SIGTERM", async () => {
    const { sim, hook, run } = await setUp();
    const running = startLookout(["run"], run);
    await expect.poll(() => hook.received.length, { timeout: 15_000, interval: 50 }).toBe(ABNORMAL);
    for (const request of hook.received) verifySigned(request);
    expect(sim.requests["service-events"]).toBe(1);
    running.kill("SIGTERM");
    expect(await running.finished).toMatchObject({ code: 0, stdout: "" });
    expect((await lookout(["status"], run)).code).toBe(0);
  });

  it("reloads at SIGHUP; an invalid file is refused and reported while the old one runs on", async () => {
    const { sim, hook, yaml, run } = await setUp("health: { channels: [watch] }\n");
    const watched = yaml
      .replace(/ {2}ops: /, `  watch: { type: webhook, url: "${hook.url}/watch" }\n  ops: `)
      .replaceAll(" }\n  -", ", every: 1s }\n  -");
    const file = join(run.cwd, "lookout.yml");
    await writeFile(file, watched);
    const running = startLookout(["run"], run);
    await expect.poll(() => hook.received.length, { timeout: 15_000, interval: 50 }).toBe(ABNORMAL);

    await writeFile(file, watched.replace("channels:\n", "chanels:\n"));
    running.kill("SIGHUP");
    await expect.poll(running.stderr, { timeout: 10_000 }).toContain("configuration refused");
    expect(running.stderr()).toContain("lookout.yml:");
    const before = sim.requests["service-events"];
    await expect.poll(() => sim.requests["service-events"], { timeout: 10_000 }).toBeGreaterThan(before);

    await writeFile(file, watched.replace("id: abnormal", "id: renamed"));
    running.kill("SIGHUP");
    await expect.poll(running.stderr, { timeout: 10_000 }).toContain("configuration reloaded");
    sim.world.addServiceEvents("35de3ca9-1bca-4ae7-9cb0-914f30fa7d3e", [
      { occur_time: Date.now(), event_type: "abnormal", event_info: "failed to pull image, retry later" },
    ]);
    const rules = () => hook.received.flatMap(({ notification }) => notification.alerts.map(({ rule }) => rule));
    await expect.poll(rules, { timeout: 10_000, interval: 50 }).toContain("renamed");
    running.kill("SIGINT");
    expect((await running.finished).code).toBe(0);
  }, 60_000);
});

describe("a console that a reload asks for", () => {
  it("and that cannot be served ends nothing, opens an alert, and is served once it can be", async () => {
    const { hook, yaml, run } = await setUp();
    const running = startLookout(["run"], run);
    await expect.poll(() => hook.received.length, { timeout: 15_000, interval: 50 }).toBe(ABNORMAL);
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const listen = `127.0.0.1:${(taken.address() as AddressInfo).port}`;

    await writeFile(join(run.cwd, "lookout.yml"), `${yaml}console: { listen: "${listen}" }\n`);
    running.kill("SIGHUP");
    await expect.poll(running.stderr, { timeout: 10_000 }).toContain("the console is not served");
    const keys = () => hook.received.flatMap(({ notification }) => notification.alerts.map(({ key }) => key));
    await expect.poll(keys, { timeout: 10_000 }).toContainEqual(expect.objectContaining({ name: "console" }));

    taken.close();
    await expect.poll(running.stderr, { timeout: 15_000 }).toContain(`the console is served at="http://${listen}"`);
    expect((await fetch(`http://${listen}/healthz`)).status).toBe(200);
    running.kill("SIGTERM");
    expect((await running.finished).code).toBe(0);
  }, 60_000);
});

describe("deliveries", () => {
  it("dead ones are listed, shown by status, and delivered again under their id", async () => {
    const { hook, run } = await setUp();
    hook.answer = () => ({ status: 404 });
    expect((await lookoutHere(["run", "--once"], run)).code).toBe(1);
    const list = async () =>
      (await lookoutHere(["deliveries", "--json"], run)).stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    const dead = (await list()).filter(({ status }) => status === "dead");
    expect(dead.length).toBeGreaterThanOrEqual(ABNORMAL);
    expect(Object.keys(dead[0]).sort()).toEqual([
      "alerts",
      "attempts",
      "channel",
      "createdAt",
      "error",
      "id",
      "nextAttemptAt",
      "status",
    ]);
    const status = await lookout(["status", "--json"], run);
    expect(status.code).toBe(1);
    expect(JSON.parse(status.stdout)).toMatchObject({ healthy: false, deliveries: { pending: 0, dead: dead.length } });

    hook.answer = () => ({ status: 204 });
    const one = dead[0].id;
    expect((await lookoutHere(["redeliver", one.slice(0, 10)], run)).code).toBe(0);
    expect(hook.received.at(-1)!.id).toBe(one);
    expect((await lookout(["redeliver", "--dead"], run)).code).toBe(0);
    expect((await list()).filter(({ status }) => status === "dead")).toEqual([]);
  });

  it("two people who send one again at once both see it delivered", async () => {
    const { hook, run } = await setUp();
    hook.answer = () => ({ status: 404 });
    await lookoutHere(["run", "--once"], run);
    const [{ id }] = JSON.parse(`[${(await lookoutHere(["deliveries", "--json"], run)).stdout.split("\n")[0]}]`);
    hook.answer = async () => {
      await sleep(2_000);
      return { status: 204 };
    };
    const both = await Promise.all([lookout(["redeliver", id], run), lookout(["redeliver", id], run)]);
    expect(both.map(({ code, stdout }) => [code, stdout])).toEqual(
      Array.from({ length: 2 }, () => [0, `${id.slice(0, 8)} to ops: delivered\n`]),
    );
  });

  it("send-test sends one real, marked notification", async () => {
    const { hook, run } = await setUp();
    expect((await lookout(["send-test", "ops"], run)).code).toBe(0);
    expect(hook.received).toHaveLength(1);
    verifySigned(hook.received[0]!);
    expect(hook.received[0]!.notification).toMatchObject({ test: true, channel: "ops", reason: "new" });
    hook.answer = () => ({ status: 404 });
    const failed = await lookoutHere(["send-test", "ops"], run);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain("404");
  });
});

describe("the demonstration", () => {
  it("polls, fires, resolves and says what to do next, within seconds", async () => {
    const running = startLookout(["start"], { cwd: await folderWith({}) });
    await expect.poll(running.stdout, { timeout: 15_000 }).toMatch(/FIRING .* → chat \(slack\)/);
    await expect.poll(running.stdout, { timeout: 15_000 }).toMatch(/FIRING .* → held back by alert [0-9a-f]{8} of /);
    await expect.poll(running.stdout, { timeout: 15_000 }).toContain("RESOLVED");
    running.kill("SIGINT");
    const { code, stdout } = await running.finished;
    expect(code).toBe(0);
    expect(stdout).toContain("npx lookout check --live");
  });

  it("says that the port is in use, and that --port 0 takes any free one", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await lookout(["simulate", "--port", `${port}`], { cwd: await folderWith({}) });
    expect(code).toBe(2);
    expect(stderr).toBe(
      `lookout: port ${port} is in use by another program (EADDRINUSE); ` +
        "choose another with --port, or let --port 0 take any free one\n",
    );
  });

  it("serves the simulated cloud until it is stopped", async () => {
    const running = startLookout(["simulate", "--port", "0", "--json"], { cwd: await folderWith({}) });
    let stdout = "";
    await expect.poll(() => (stdout = running.stdout()), { timeout: 10_000 }).toContain('"url"');
    const { url } = JSON.parse(stdout);
    expect((await fetch(`${url}/v1/x/services`)).status).toBe(401);
    running.kill("SIGINT");
    expect((await running.finished).code).toBe(0);
  });
});
