// APIs that answer without an end, or far more than was asked for, beside nine targets that are fine: those are
// read and notified as if nothing were, and what is wrong stands in `status`. The real process, with its memory
// and the turns of its event loop.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { wallClock } from "../../lib/app/clock.ts";
import { connectionOf } from "../../lib/simulator/describe.ts";
import { startSimulator } from "../../lib/simulator/server.ts";
import { folderWith, lookout, startLookout } from "../support/cli.ts";
import { type HostileAnswer, hostileAnswers } from "../support/hostile-answers.ts";
import { samplesEnvironment } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

const WAIT = { timeout: 30_000, interval: 50 };
const GOOD = Array.from({ length: 9 }, (_, at) => `good-${at}`);
const MONITOR = join(import.meta.dirname, "../support/event-loop.mjs");

async function setUp(hostile: readonly HostileAnswer[]) {
  const sim = await startSimulator({ clock: wallClock, scenario: "empty" });
  onTestFinished(() => sim.close());
  for (const id of GOOD) sim.world.addService({ service_id: id, service_name: id });
  sim.setFaults(hostile.map(({ fault }) => fault));
  const hook = await startWebhook();
  const kinds = Map.groupBy(hostile, ({ on }) => on);
  const ids = (on: HostileAnswer["on"]) => (kinds.get(on) ?? []).flatMap(({ target }) => target ?? []);
  const sources = [
    `{ kind: service-events, every: 1s, targets: [${[...ids("service-events"), ...GOOD].join(", ")}] }`,
    ...(["service-updates", "pool-events", "training-events"] as const).flatMap((kind) =>
      ids(kind).length > 0 ? [`{ kind: ${kind}, every: 1s, targets: [${ids(kind).join(", ")}] }`] : [],
    ),
    ...(kinds.has("cloud-eye-events") ? ["{ kind: cloud-eye-events, every: 1s }"] : []),
    ...(kinds.has("services") ? ["{ id: discovered, kind: service-updates, every: 1s }"] : []),
  ];
  const config = `
${connectionOf(sim)}sources: [${sources.join(", ")}]
route: { groupBy: [resource.id], groupWait: 0s, groupInterval: 1s }
rules: [{ id: broken, when: { level: [error], resource.name: [{ prefix: good- }] }, by: [id] }]
channels: { ops: { type: webhook, url: "${hook.url}", secret: "\${env:OPS_SECRET}" } }
health: { channels: [ops], lag: 2s }
`;
  const cwd = await folderWith({ "lookout.yml": config });
  const env = { ...samplesEnvironment(sim, SECRET), NODE_OPTIONS: `--import ${MONITOR}`, FIGURES: cwd };
  let round = 0;
  /** Every good target fails now; all of them have been notified when this resolves. */
  async function failAndHear(): Promise<void> {
    const text = `Failed in round ${++round}`;
    for (const id of GOOD) {
      sim.world.addServiceEvents(id, [{ occur_time: Date.now(), event_type: "abnormal", event_info: text }]);
    }
    const heard = () =>
      hook.received.flatMap(({ notification }) =>
        notification.alerts.filter(({ summary }) => summary.endsWith(text)).map(({ resource }) => resource?.id),
      );
    await expect.poll(() => GOOD.filter((id) => !heard().includes(id)), WAIT).toEqual([]);
  }
  async function figures() {
    const files = (await readdir(cwd)).filter((name) => /^\d+\.json$/.test(name));
    const all = await Promise.all(files.map(async (name) => JSON.parse(await readFile(join(cwd, name), "utf8"))));
    return { turn: Math.max(...all.map(({ turn }) => turn)), memory: Math.max(...all.map(({ memory }) => memory)) };
  }
  return { run: { cwd, env }, failAndHear, figures };
}

test("all of them at once: the others are notified round after round, and each is reported", async () => {
  const hostile = hostileAnswers(Date.now());
  const { run, failAndHear, figures } = await setUp(hostile);
  const daemon = startLookout(["run"], run);
  for (let round = 0; round < 3; round++) await failAndHear();
  const status = async () => JSON.parse((await lookout(["status", "--json"], run)).stdout);
  const broken = hostile.flatMap(({ target, harmless }) => (harmless ? [] : (target ?? [])));
  await expect
    .poll(async () => {
      const { healthy, targets } = await status();
      const failing = targets.filter(({ error }: { error: unknown }) => error !== null);
      const named = new Set(failing.map(({ target }: { target: string }) => target));
      return [healthy, broken.filter((id) => !named.has(id)), GOOD.filter((id) => named.has(id))];
    }, WAIT)
    .toEqual([false, [], []]);
  await failAndHear();
  daemon.kill("SIGTERM");
  // On a busy machine what hangs may take all of the time that a stop has: then it ends without its last line.
  expect((await daemon.finished).code).toBe(0);
  const { turn, memory } = await figures();
  console.log(`hostile APIs: longest turn ${Math.round(turn)} ms, memory ${Math.round(memory)} MB`);
  expect(memory).toBeLessThan(300);
});

test("run --once notifies of the others while one has no end, and ends when it is told to", async () => {
  const { run, failAndHear } = await setUp(
    hostileAnswers(Date.now()).filter(({ target }) => target?.startsWith("page-")),
  );
  const once = startLookout(["run", "--once"], run);
  await failAndHear();
  once.kill("SIGTERM");
  const { code, stdout } = await once.finished;
  expect([code, stdout]).toEqual([1, expect.stringContaining("not reached: the run was stopped")]);
});
