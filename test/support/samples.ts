// The five documents' sample answers, moved to now, inside a simulated project.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { wallClock } from "../../lib/app/clock.ts";
import { connectionOf } from "../../lib/simulator/describe.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../lib/simulator/server.ts";

const SERVICE = "35de3ca9-1bca-4ae7-9cb0-914f30fa7d3e";
const UPDATED = "195c1f2d-136d-40af-a0f3-db5717d2634a";
const POOL = "pool-6f5da086876d4cd084d36f8bd3346036";
const JOB = "5bd61eea-9de2-4864-a0f7-5fae966171b5";

// biome-ignore lint/suspicious/noExplicitAny: the documents' answers, looked into field by field
function sample(name: string): any {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../../events", `${name}.json`), "utf8"));
}

/** How many of the samples' events are not of level normal. */
export const ABNORMAL = 3 + 1 + 1;
export const ALL = 9 + 1 + 5 + 10 + 1;

/**
 * A simulated project that holds the samples' events, the newest of each a few seconds ago. Closed when the test ends.
 */
export async function startWithSamples(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const sim = await startSimulator({ clock: wallClock, scenario: "empty", ...options });
  onTestFinished(() => sim.close());
  const { world } = sim;
  const now = Date.now();
  const ago = (index: number, of: number) => now - (of - index) * 5_000;

  world.addService({ service_id: SERVICE, service_name: "zcjtest-07085" });
  const service = sample("service-events").events;
  world.addServiceEvents(
    SERVICE,
    service.map((event: object, at: number) => ({ ...event, occur_time: ago(at, service.length) })),
  );
  world.addService({ service_id: UPDATED, service_name: "mnist" });
  for (const log of sample("service-updates").logs) world.addUpdateLog(UPDATED, { ...log, update_time: ago(0, 1) });
  world.addPool({ id: POOL, name: "pool" });
  const pool = sample("pool-events").items;
  for (const [at, { type, reason, message }] of pool.entries()) {
    world.addPoolEvent(POOL, { type, reason, message, time: ago(at, pool.length) });
  }
  world.addJob({ id: JOB, name: "job" });
  const training = sample("training-events").events.toReversed();
  world.addTrainingEvents(
    JOB,
    training.map((event: object, at: number) => ({ ...event, time: ago(at, training.length) })),
  );
  for (const event of sample("cloud-eye-event-detail").event_info)
    world.addCloudEyeEvents([{ ...event, time: ago(0, 1) }]);
  return sim;
}

/** A configuration for it: every target by id, one alert an event, sent to a signed webhook. */
export function samplesConfig(
  sim: { url: string; credentials: { projectId: string } },
  hook: string,
  more = "",
): string {
  const { url, credentials } = sim;
  return `
${connectionOf({ url, credentials })}sources:
  - { kind: service-events, targets: ["${SERVICE}"] }
  - { kind: service-updates, targets: ["${UPDATED}"] }
  - { kind: pool-events, targets: ["${POOL}"] }
  - { kind: training-events, targets: ["${JOB}"] }
  - { kind: cloud-eye-events }
rules:
  - { id: abnormal, when: { level: [{ anything-but: normal }] }, by: [id] }
route: { channels: [ops], groupBy: ["..."] }
channels:
  ops: { type: webhook, url: "${hook}", secret: "\${env:OPS_SECRET}" }
${more}`;
}

/** The variables that configuration reads. */
export function samplesEnvironment(sim: Simulator, secret: string): Record<string, string> {
  return { HW_ACCESS_KEY: sim.credentials.accessKey, HW_SECRET_KEY: sim.credentials.secretKey, OPS_SECRET: secret };
}
