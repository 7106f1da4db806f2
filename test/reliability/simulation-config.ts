// The configurations of the simulation: all five sources, a rule that tells every event, one that counts and ends. A
// reload takes the other one, which routes differently and has another third rule.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenedConfig, openConfig } from "../../lib/app/open-config.ts";
import { createRedactor } from "../../lib/config/secrets/redactor.ts";
import type { SourceKind } from "../../lib/model/source-kinds.ts";
import { DEMO_CREDENTIALS } from "../../lib/simulator/auth.ts";

const MINUTE = 60_000;

/** As in the files below; ms. */
export const LOOKBACK = 15 * MINUTE;
export const LATENESS: Record<SourceKind, number> = {
  "service-events": 10 * MINUTE,
  "service-updates": 10 * MINUTE,
  "pool-events": 10 * MINUTE,
  "training-events": 10 * MINUTE,
  "cloud-eye-events": 40 * MINUTE,
  // Not polled here.
  "service-status": 0,
  "pool-status": 0,
  "job-status": 0,
  http: 0,
};

const CLOUD = "http://cloud.test";
const COMMON = `
connections:
  prod:
    cloud: custom
    region: eu-de
    projectId: ${DEMO_CREDENTIALS.projectId}
    endpoints: { modelarts: "${CLOUD}", ces: "${CLOUD}", iam: "${CLOUD}" }
channels:
  # Notified once means once in all: what is only slow does not go to the fallback as well.
  ops: { type: webhook, url: "http://hook.test/ops", fallback: backup, fallbackAfter: 30d }
  backup: { type: webhook, url: "http://hook.test/backup" }
  watch: { type: webhook, url: "http://hook.test/watch" }
  pager: { type: pagerduty, routingKey: key, url: "http://hook.test/pager" }
health: { channels: [watch] }
sources:
  - { kind: service-events, discover: { status: [running, failed, concerning] } }
  - { kind: service-updates, targets: [svc-1, svc-2] }
  - { kind: pool-events }
  - { kind: training-events }
  - { kind: cloud-eye-events, lateness: 40m }
`;
const RULES = `
rules:
  - { id: each, when: { time: [{ exists: true }] }, by: [id] }
  - id: down
    when: { source: [service-events], type: [abnormal] }
    resolve: { when: { source: [service-events], type: [normal] }, after: 30m }
`;
const FILES = [
  `${COMMON}${RULES}
  - { id: burst, when: { source: [training-events], level: [error] }, threshold: { count: 3, within: 10m } }
route:
  channels: [ops]
  groupBy: ["..."]
  routes:
    - { match: { rule: [down] }, channels: [ops, pager], groupBy: [rule], repeatInterval: 1h }
    - { match: { rule: [burst] }, channels: [watch] }
`,
  `${COMMON}${RULES}
  - { id: burst, when: { source: [training-events] }, threshold: { count: 5, within: 5m } }
route:
  channels: [watch]
  routes:
    - { match: { rule: [each] }, channels: [ops], groupBy: [rule, "key.id"] }
    - { match: { rule: [down] }, channels: [pager, ops], groupBy: [rule], groupInterval: 2m, repeatInterval: 30m }
`,
];

/** Both, ready to run. */
export async function openConfigs(): Promise<OpenedConfig[]> {
  const folder = await mkdtemp(join(tmpdir(), "lookout-sim-"));
  const env = { HW_ACCESS_KEY: DEMO_CREDENTIALS.accessKey, HW_SECRET_KEY: DEMO_CREDENTIALS.secretKey };
  const packsDir = join(import.meta.dirname, "../../rules");
  const clock = { now: () => 0, sleep: async () => {} };
  try {
    return await Promise.all(
      FILES.map(async (text, at) => {
        const file = join(folder, `lookout-${at}.yml`);
        await writeFile(file, text);
        return openConfig(file, { packsDir, env, clock, redactor: createRedactor() });
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
