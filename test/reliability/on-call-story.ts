// The same story with people on call: one acknowledges, one silences and lets go again, one alert holds another back,
// and what nobody acknowledges is escalated. People may die and come back as well.

import { listDeliveries } from "../../lib/app/delivery/deliver.ts";
import type { App } from "../../lib/app/deps.ts";
import { acknowledge, listOpen } from "../../lib/app/oncall/acknowledge.ts";
import { addSilence, expireSilence, listSilences } from "../../lib/app/oncall/silences.ts";
import type { DeliveryRow } from "../../lib/app/persistence/delivery-rows.ts";
import { readStatus } from "../../lib/app/queries/status.ts";
import type { Alert } from "../../lib/model/alert.ts";
import type { Proc } from "./conductor.ts";
import type { Stage } from "./stage.ts";
import { MINUTE, T0 } from "./story.ts";
import type { Watch } from "./watches.ts";

export const ON_CALL_CONFIG = `
sources:
  - { kind: service-events, targets: [svc-1, svc-2] }
  - { kind: service-updates, targets: [svc-1] }
  - { kind: pool-events, targets: [pool-1] }
  - { kind: training-events, discover: {} }
rules:
  - id: broken
    when: { source: [service-events], level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], type: [normal] } }
  - id: deploy
    when: { source: [service-updates], type: [FAIL] }
    resolve: { when: { source: [service-updates], type: [SUCCESS] } }
  - { id: pool, when: { source: [pool-events], level: [warning] }, by: [reason], resolve: { after: 2m } }
  - { id: trained, when: { source: [training-events], level: [error] }, by: [id] }
route:
  channels: [chat]
  groupInterval: 20s
  groupBy: [rule, resource.id]
  routes:
    - { match: { rule: [broken] }, escalate: [{ after: 1m, channels: [boss] }] }
    - { match: { rule: [deploy] }, escalate: [{ after: 30s, channels: [lead, pager] }] }
    - { match: { rule: [trained] }, channels: [audit] }
inhibit:
  - { source: { rule: [broken], key.resource.id: [svc-1] }, target: { rule: [pool] }, equal: [connection] }
channels:
  chat: { type: webhook, url: "\${env:HOOK}/chat" }
  audit: { type: webhook, url: "\${env:HOOK}/audit" }
  lead: { type: webhook, url: "\${env:HOOK}/lead" }
  boss: { type: webhook, url: "\${env:HOOK}/boss" }
  pager: { type: pagerduty, url: "\${env:HOOK}/pager", routingKey: key }
`;

/** When each thing was known to be recorded; ms. */
export interface Acts {
  silenced?: number;
  acknowledged?: number | undefined;
  expired?: number;
}

const RESTART_MS = 1_000;
const STEP_MS = 100;
/** How often somebody looks whether there is something to take care of. */
const LOOK_MS = 2_000;
const SILENCED = 0.4;
/** After the first notification; ms. */
const ESCALATED_MS = 60_000;
const EXPIRED = 4;

/** The watch with people on call beside it. `acts` gets what they did. */
export function withPeople(watch: Watch, acts: Acts): Watch {
  return async (stage) => {
    for (const name of Object.keys(acts) as (keyof Acts)[]) delete acts[name];
    await Promise.all([watch(stage), onCall(stage, acts)]);
  };
}

async function onCall(stage: Stage, acts: Acts): Promise<void> {
  const late = stage.conductor.random.fork("ada").int(0, 1_500);
  for (let life = 1; ; life++) {
    const { proc, app } = stage.start(`ada${life}`);
    await proc.run(async () => {
      if (life > 1) await proc.clock.sleep(RESTART_MS);
      await until(proc, SILENCED);
      if ((await listSilences(app)).length === 0) await silence(app);
      acts.silenced ??= proc.clock.now();
      await until(proc, await whenEscalated(proc, app, late));
      acts.acknowledged ??= await takeCare(proc, app);
      await until(proc, EXPIRED);
      for (const { id } of await listSilences(app)) await expireSilence(app, id);
      acts.expired ??= proc.clock.now();
    });
    if (!proc.dead) return;
  }
}

/** In small steps: time passes for those at work only when nobody's sleep ends before. */
async function until({ clock }: Pick<Proc, "clock">, minute: number): Promise<void> {
  for (let left = T0 + minute * MINUTE - clock.now(); left > 0; left = T0 + minute * MINUTE - clock.now()) {
    await clock.sleep(Math.min(STEP_MS, left));
  }
}

/** The minute at which the escalation comes, and a little later: so both are under way together. */
async function whenEscalated({ clock }: Proc, app: App, late: number): Promise<number> {
  while (clock.now() < T0 + EXPIRED * MINUTE) {
    const notified = (await listDeliveries(app)).find(({ notification: { alerts } }) => alerts.some(isOurs));
    if (notified) return (notified.createdAt + ESCALATED_MS + late - T0) / MINUTE;
    await until({ clock }, (clock.now() + LOOK_MS - T0) / MINUTE);
  }
  return EXPIRED;
}

function isOurs({ rule, key }: Pick<Alert, "rule" | "key">): boolean {
  return rule === "broken" && key["resource.id"] === "svc-1";
}

async function silence(app: App): Promise<void> {
  const until = T0 + 60 * MINUTE;
  await addSilence(app, { match: { rule: ["trained"] }, from: T0, until, during: [], comment: null, by: "ada" });
}

/** Returns when it was recorded; ms, undefined where there is nothing to take care of any more. */
async function takeCare({ clock }: Proc, app: App): Promise<number | undefined> {
  for (const one of await listOpen(app)) {
    if (!isOurs(one.alert)) continue;
    if (one.alert.acknowledgedBy !== null || (await acknowledge(app, one, "ada"))) return clock.now();
  }
  return undefined;
}

/** What is wrong in the end. What was claimed before an act may leave `slack` ms after it. */
export async function judgeOnCall(stage: Stage, acts: Acts, slack = 0): Promise<string[]> {
  const app = stage.observer();
  const deliveries = await listDeliveries(app);
  return [...(await judgeRows(app)), ...judgeOrder(stage, deliveries), ...judgePosts(stage, acts, slack)];
}

/** Every delivery arrived, every alert was notified, and nothing waits any more. */
async function judgeRows(app: App): Promise<string[]> {
  const wrong: string[] = [];
  const [deliveries, status] = await Promise.all([listDeliveries(app), readStatus(app)]);
  for (const { id, channel, status, error } of deliveries) {
    if (status !== "delivered") wrong.push(`delivery ${id} to ${channel} is ${status}: ${error}`);
  }
  for (const name of ["chat", "audit"]) {
    const { alerts, notified, passed } = status.channels[name]!;
    if (alerts === 0 || alerts !== notified + passed || passed > 0)
      wrong.push(`${name}: ${notified} notified of ${alerts}`);
  }
  for (const pk of ["group", "timer", "delivery"] as const) {
    for (const row of await app.store.due(pk, app.clock.now(), 10)) wrong.push(`${row.pk} ${row.sk} is still due`);
  }
  for (const { id } of await listSilences(app)) {
    for (const { sk } of await app.store.list(`held-by/${id}`)) wrong.push(`group ${sk} still waits for a silence`);
  }
  return wrong;
}

/** Who was notified of what, and when. */
function judgePosts(stage: Stage, acts: Acts, slack: number): string[] {
  const wrong: string[] = [];
  const sent = stage.notified.map((one) => ({ ...one, body: JSON.parse(one.text) }));
  const of = (channel: string) => sent.filter((one) => one.channel === channel);
  // An escalation that leaves together with the acknowledgement leaves before it; what comes later
  // may only report the end.
  const acknowledged = (acts.acknowledged ?? Number.POSITIVE_INFINITY) + slack;
  const late = of("boss").filter(
    ({ at, body }) =>
      at > acknowledged && body.alerts.some((alert: Alert) => alert.status === "firing" && isOurs(alert)),
  );
  wrong.push(...late.map(() => "escalated after it was acknowledged"));
  const reasons = [...new Set(of("lead").map(({ body }) => body.reason))].join();
  if (reasons !== "escalation,resolved") wrong.push(`the lead was notified of ${reasons || "nothing"}`);
  const actions = [...new Set(of("pager").map(({ body }) => body.event_action))].join();
  if (actions !== "trigger,resolve") wrong.push(`the pager had ${actions || "nothing"}`);
  const silent = of("audit").filter(({ at }) => at > acts.silenced! + slack && at < T0 + EXPIRED * MINUTE);
  wrong.push(...silent.map(() => "notified while it was silenced"));
  const early = of("chat").filter(
    ({ at, body }) => at < T0 + 3.2 * MINUTE && body.alerts.some(({ rule }: Alert) => rule === "pool"),
  );
  wrong.push(...early.map(() => "notified of what another alert held back"));
  return wrong;
}

/** No escalation came into being after the commit that took care of its alert. */
function judgeOrder({ conductor: { calls } }: Stage, deliveries: readonly DeliveryRow[]): string[] {
  const commits = calls.filter(({ what }) => what.startsWith("commit"));
  const taken = commits.findLast(({ proc, what }) => proc.name.startsWith("ada") && what.includes(" rule/"));
  const escalated = deliveries.filter(({ channel, notification: { alerts } }) => {
    return channel === "boss" && alerts.some((alert) => alert.status === "firing" && isOurs(alert));
  });
  return escalated.flatMap(({ id }) => {
    const made = commits.find(({ what }) => what.includes(` delivery/${id.slice(0, 8)}`));
    return made && taken && made.index > taken.index ? [`escalation ${id} was made after the acknowledgement`] : [];
  });
}
