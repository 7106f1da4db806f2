// What a silence would have held back in the last day is what it would hold back: the same alerts, at the same times.
import { expect, it } from "vitest";
import { previewSilence } from "../../../lib/app/oncall/preview.ts";
import { patternOfOne } from "../../../lib/app/oncall/silences.ts";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import type { Pattern } from "../../../lib/model/config.ts";
import { type Bench, bench } from "../support.ts";
import { byService } from "./bench.ts";

const LATE = 'late: [{ times: [{ start_time: "10:10", end_time: "10:12" }] }]';
const LATER = 'later: [{ times: [{ start_time: "10:12", end_time: "10:15" }] }]';
const YAML = byService(`${LATE}, ${LATER}`);

async function preview({ app }: Bench, match: Pattern, during: string[] = []) {
  const { alerts, deliveries } = await previewSilence(app, await openAlerts(app), { match, during });
  return [alerts.map(({ key, rule }) => key["resource.id"] ?? rule).sort(), deliveries];
}

it("leaves out Lookout's own alerts, as a silence does that does not name their rule", async () => {
  const b = await bench({ yaml: YAML, env: { HW_SECRET_KEY: "" } });
  await b.rounds(2);
  const [own] = await openAlerts(b.app);
  expect(own?.rule).toBe("lookout-unhealthy");
  expect(await preview(b, { status: ["firing"] })).toEqual([[], 0]);
  expect(await preview(b, { rule: ["lookout-unhealthy"] })).toEqual([["lookout-unhealthy"], 1]);
  expect(await preview(b, patternOfOne(own!))).toEqual([["lookout-unhealthy"], 1]);
});

it("shows what fired within its time intervals, and counts what was sent within them", async () => {
  const b = await bench({ yaml: YAML, services: ["svc-1", "svc-2", "svc-3"] });
  b.fail(0.5, "Failed", "svc-1");
  // It still fires, and nothing more is sent of it.
  b.fail(0.5, "Failed", "svc-2");
  await b.beats(3);
  b.recover(3.5, "svc-1");
  await b.beats(10);
  b.fail(10.5, "Failed", "svc-3");
  await b.beats(12);
  b.recover(12.5, "svc-3");
  await b.beats(20);
  const match = { rule: ["broken"] };
  expect(await preview(b, match)).toEqual([["svc-1", "svc-2", "svc-3"], 5]);
  expect(await preview(b, match, ["late"])).toEqual([["svc-2", "svc-3"], 1]);
  // The firing was sent before, so the end is sent, too.
  expect(await preview(b, match, ["later"])).toEqual([["svc-2", "svc-3"], 0]);
  expect(await preview(b, match, ["late", "later"])).toEqual([["svc-2", "svc-3"], 2]);
  b.to(24 * 60 + 2);
  expect(await preview(b, match)).toEqual([["svc-1", "svc-2", "svc-3"], 2]);
  b.to(24 * 60 + 11.5);
  expect(await preview(b, match, ["late"])).toEqual([["svc-2", "svc-3"], 0]);
});
