// A state file of the release before, with all that was under way in it: it is migrated as it is opened, and everything
// goes on from where it was, once.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { reconcileRules } from "../../../lib/app/evaluation/registry.ts";
import { listSilences } from "../../../lib/app/oncall/silences.ts";
import { openAlerts, seenEvents } from "../../../lib/app/queries/lists.ts";
import { folderWith } from "../../support/cli.ts";
import { type Bench, bench, line } from "../support.ts";

/**
 * Of state version 1, written by the application of the bench in its fifth minute: svc-1 failed, was notified and
 * acknowledged; svc-2 failed, and waits for the group's interval; of svc-3, which failed with "boom", 22 rules have made
 * something that was valid already, and of which nothing was applied yet.
 */
const STATE = gunzipSync(readFileSync(join(import.meta.dirname, "state-1.db.gz")));

const MANY = Array.from({ length: 20 }, (_, number) => {
  return `  - { id: many-${number}, when: { level: [error], text: [{ wildcard: "*boom*" }] }, by: [resource.id] }`;
});
const NORMAL = "{ source: [service-events], level: [normal] }";
const YAML = `
rules:
  - { id: broken, when: { level: [error] }, by: [resource.id], resolve: { when: ${NORMAL} } }
  - { id: stuck, when: { level: [error] }, by: [resource.id], expect: { when: ${NORMAL}, within: 30m } }
${MANY.join("\n")}
route: { channels: [ops], groupInterval: 5m, escalate: [{ after: 30m, channels: [lead] }] }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
  lead: { type: webhook, url: "HOOK/lead" }
`;

async function begun(): Promise<Bench> {
  const b = await bench({ yaml: YAML, services: ["svc-1", "svc-2", "svc-3"], state: STATE });
  b.to(5);
  // What the API still shows of what was read before.
  b.fail(0.5);
  b.fail(2.5, "Failed to pull image", "svc-2");
  b.fail(4.5, "boom", "svc-3");
  // Newer than the configuration that left the state behind.
  await b.reload(YAML);
  await reconcileRules(b.app);
  return b;
}

test("the file is of state version 1", async () => {
  const path = join(await folderWith({}), "state.db");
  writeFileSync(path, STATE);
  const db = new DatabaseSync(path);
  onTestFinished(() => db.close());
  expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
});

test("what was open, acknowledged, silenced and half applied is there, once", async () => {
  const b = await begun();
  await b.beats(6);
  const alerts = await openAlerts(b.app);
  const known = alerts.map(({ rule, resource, count, acknowledgedBy }) => [rule, resource?.id, count, acknowledgedBy]);
  expect(known.filter(([rule]) => rule === "broken").sort()).toEqual([
    ["broken", "svc-1", 1, "ada"],
    ["broken", "svc-2", 1, null],
    ["broken", "svc-3", 1, null],
  ]);
  expect(new Set(alerts.map(({ rule }) => rule)).size).toBe(21);
  expect(alerts.length).toBe(23);
  expect((await seenEvents(b.app)).map(({ resource }) => resource.id)).toEqual(["svc-1", "svc-2", "svc-3"]);
  expect((await listSilences(b.app)).map(({ comment }) => comment)).toEqual(["kept"]);
});

test("what waited is notified in its time, nothing twice, and each end", async () => {
  const b = await begun();
  await b.beats(8);
  const many = b.messages.filter(({ body }) => body.alerts[0].rule.startsWith("many-"));
  expect(many.map(({ at, body }) => [Math.floor(at), body.reason, body.alerts.length])).toEqual(
    MANY.map(() => [6, "new", 1]),
  );
  for (const service of ["svc-1", "svc-2", "svc-3"]) b.recover(9, service);
  await b.beats(20);
  expect(b.messages.filter((one) => !many.includes(one)).map(line)).toEqual([
    "7 /ops new firing: svc-1 firing ×1(+0), svc-2 firing ×1(+1), svc-3 firing ×1(+1)",
    "12 /ops resolved resolved: svc-1 resolved ×1(+0), svc-2 resolved ×1(+0), svc-3 resolved ×1(+0)",
  ]);
});
