// The real command twice at once on one state file, on the wall clock, while events come in and one
// of the two is killed.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { folderWith, lookout, startLookout } from "../support/cli.ts";
import { ABNORMAL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

/** A service of the samples. */
const SERVICE = "35de3ca9-1bca-4ae7-9cb0-914f30fa7d3e";
const MORE = 40;
const EVERY_MS = 100;
/** Posts that one process may have sent to a quick webhook and not recorded yet. */
const IN_HAND = 32;

it("two daemons on one state file notify every event once, also when one of them is killed and starts again", async () => {
  const sim = await startWithSamples();
  const hook = await startWebhook();
  const config = samplesConfig(sim, hook.url).replaceAll("- { kind:", "- { every: 1s, kind:");
  const run = { cwd: await folderWith({ "lookout.yml": config }), env: samplesEnvironment(sim, SECRET) };
  const daemons = [startLookout(["run"], run), startLookout(["run"], run)];
  for (let number = 1; number <= MORE; number++) {
    const event = { occur_time: Date.now(), event_type: "abnormal" as const, event_info: `Failed ${number}` };
    sim.world.addServiceEvents(SERVICE, [event]);
    await sleep(EVERY_MS);
    if (number === MORE / 2) {
      daemons.shift()!.kill("SIGKILL");
      daemons.push(startLookout(["run"], run));
    }
  }
  const notified = () =>
    hook.received.flatMap(({ notification }) => notification.alerts.flatMap(({ events }) => events));
  await expect.poll(() => new Set(notified().map(({ id }) => id)).size, { timeout: 75_000 }).toBe(ABNORMAL + MORE);
  await expect
    .poll(async () => JSON.parse((await lookout(["status", "--json"], run)).stdout).deliveries, { timeout: 20_000 })
    .toEqual({ pending: 0, dead: 0 });
  for (const daemon of daemons) daemon.kill("SIGTERM");
  for (const { finished } of daemons) expect(await finished).toMatchObject({ code: 0 });

  // A round that was killed is waited for at most a minute. What was in hand when the one was killed may have come
  // twice, under the same id; nothing else has.
  const deliveries = new Map(hook.received.map(({ id, body }) => [id, body]));
  expect(hook.received.every(({ id, body }) => deliveries.get(id) === body)).toBe(true);
  expect(deliveries.size).toBe(ABNORMAL + MORE);
  expect(hook.received.length).toBeLessThanOrEqual(deliveries.size + IN_HAND);
}, 120_000);
