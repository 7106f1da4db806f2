// The shortest configuration, four lines, is useful for each API: nothing to lint, and what goes
// wrong there opens an alert.
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileTimeInterval } from "../../lib/alerts/time-intervals/time-interval.ts";
import { channelTypes } from "../../lib/channels/registry.ts";
import { lintConfig } from "../../lib/config/lint/lint.ts";
import { loadConfig } from "../../lib/config/load/load.ts";
import type { Event } from "../../lib/model/event.ts";
import { compilePattern } from "../../lib/patterns/pattern.ts";
import { compileTemplate } from "../../lib/rules/template.ts";
import { NO_SECRETS } from "../config/lint/judge.ts";
import { depsIn, writeFiles } from "../config/workspace.ts";
import { eventAt, START } from "../support/event.ts";
import { opensAtOnce, PACKS_DIR } from "./packs.ts";

type Notified = [rule: string, summary: string];

test.each<[kind: Event["source"], pack: string, fields: Partial<Event>, notified: Notified]>([
  [
    "service-events",
    "modelarts/services",
    { message: "Failed to pull image, retry later" },
    ["service-image-pull-failed", "image"],
  ],
  ["service-updates", "modelarts/updates", { type: "FAIL", reason: "FAIL" }, ["update-failed", "update"]],
  [
    "pool-events",
    "modelarts/pools",
    {
      type: "Warning",
      level: "warning",
      reason: "PoolStatusChange",
      message: "Pool status changed, from Running to Abnormal, details: .",
    },
    ["pool-abnormal", "Abnormal"],
  ],
  [
    "training-events",
    "modelarts/training",
    { type: "Info", level: "normal", message: "[worker-0] Training finished. Exit code 137." },
    ["training-failed", "Exit code 137"],
  ],
  [
    "cloud-eye-events",
    "cloud-eye/core",
    { type: "EVENT.SYS", level: "critical", reason: "healthCheckUnhealthy", message: "healthCheckUnhealthy" },
    ["elb-backend-unhealthy", ""],
  ],
])("%s with %s", async (kind, pack, fields, [rule, summary]) => {
  const folder = await writeFiles({
    "lookout.yml": `connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }
sources: [{ kind: ${kind} }]
rules: [{ include: ${pack} }]
channels: { chat: { type: feishu, url: "\${env:CHAT_URL}" } }
`,
  });
  const loaded = await loadConfig(join(folder, "lookout.yml"), { ...depsIn(folder), packsDir: PACKS_DIR });
  const lint = { compilePattern, compileTimeInterval, channelTypes, secrets: NO_SECRETS, now: START };
  expect(await lintConfig(loaded, lint)).toEqual([]);

  const { rules, route, channels } = loaded.config;
  expect(route.channels).toEqual(Object.keys(channels));
  const event = eventAt(0, { source: kind, sourceId: kind, resourceId: "resnet-prod", ...fields });
  const opened = rules.filter((one) => opensAtOnce(one) && compilePattern(one.when).matches(event));
  expect(opened.map(({ id }) => id)).toEqual([rule]);
  const text = compileTemplate(opened[0]?.summary ?? "")({ event, alert: { count: 1 }, rule: opened[0] });
  expect(text).toContain("resnet-prod");
  expect(text).toContain(summary);
});
