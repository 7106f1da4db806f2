// Is Lookout itself well: what is wrong becomes `lookout-unhealthy` alerts, what is well again resolves them.
import { sendHttp } from "../../channels/http/send.ts";
import type { Alert } from "../../model/alert.ts";
import type { RuleConfig } from "../../model/config.ts";
import type { Event } from "../../model/event.ts";
import { hashOf } from "../../model/hash.ts";
import { iso } from "../../model/iso.ts";
import { HEALTH_RULE } from "../../model/own-alerts.ts";
import { endAlert, openAlert } from "../../rules/alert.ts";
import { rulePartition, stateRow } from "../../rules/compile.ts";
import { emptyState, type KeyState } from "../../rules/state.ts";
import { StoreGone } from "../../store/port.ts";
import type { App, UnresolvedSecret } from "../deps.ts";
import { announce } from "../evaluation/announce.ts";
import { type Change, putChanges } from "../groups/transitions.ts";
import { type ChannelRow, channelKey } from "../persistence/delivery-rows.ts";
import { inParts } from "../persistence/in-parts.ts";
import { type RuleRow, WRITTEN, type WrittenRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { firingAlerts, overEverywhere, sayKnown } from "./knowers.ts";
import type { Problem } from "./problem.ts";
import { type Findings, findProblems, OWN } from "./problems.ts";

const HEARTBEAT_MS = 10_000;
/** A check may be late by so much; ms. */
const SLACK_MS = 15_000;

/** The rule that Lookout's own alerts belong to; it matches no event. */
export function healthRuleConfig(): RuleConfig {
  return {
    id: HEALTH_RULE,
    when: { source: [{ exists: false }] },
    by: ["problem", "name"],
    severity: "error",
    summary: "{{ event.message }}",
    labels: {},
    resolve: {},
  };
}

/**
 * Opens and resolves Lookout's own alerts, and asks for the heartbeat where all is well. Returns what is an
 * alert. `more` are known otherwise; `every` is when the next check comes, where that is certain (ms). Throws
 * StoreError where nothing can be written.
 */
export async function checkHealth(app: App, more: readonly Problem[] = [], every?: number): Promise<Problem[]> {
  if (app.guard.trouble()) await app.guard.probe();
  await writeDown(app, every);
  // Before anything is looked at: what another process opens meanwhile is not over.
  const firing = await firingAlerts(app);
  const unresolved = await app.learnSecrets();
  const found = await findProblems(app, unresolved);
  noteBroken(app, found, unresolved);
  const now = app.clock.now();
  const problems = [...found.problems, ...more];
  const lasting = problems.filter(({ alertAt = Number.NEGATIVE_INFINITY }) => now > alertAt);
  const keyOf = ({ problem, name }: Problem) => ({ problem, name });
  const rowOf = (problem: Problem) => stateRow(app.healthRule, keyOf(problem)).sk;
  const wanted = new Map(lasting.map((problem) => [rowOf(problem), problem]));
  // One that has not lasted yet opens nothing, and ends nothing.
  const present = new Set(problems.map(rowOf));
  const known = problems.filter((one) => OWN.has(one.problem) || more.includes(one)).map(rowOf);
  await sayKnown(app, known, nextBy(app, every));
  const over = [...firing.keys()].filter((sk) => !present.has(sk));
  const ending = new Set(await overEverywhere(app, over, known));
  const pk = rulePartition(app.healthRule);
  const sks = new Set([...wanted.keys(), ...ending]);
  for (const key of app.guard.damaged()) if (key.pk === pk) sks.delete(key.sk);
  const parts = await inParts(app, [...sks], async (unit, some) => {
    const now = app.clock.now();
    await unit.load(some.map((sk) => ({ pk, sk })));
    const changes: Change[] = [];
    for (const sk of some) {
      const problem = wanted.get(sk);
      const state = unit.value<RuleRow>({ pk, sk })?.state;
      const isFiring = state?.alert?.status === "firing";
      if (problem && !isFiring) changes.push(opened(app, problem, keyOf(problem), now));
      if (!isFiring || !ending.has(sk) || state.alert?.id !== firing.get(sk)!.id) continue;
      changes.push(resolved(app, state, now));
      await forgetFailure(app, unit, state.key);
    }
    const groups = await putChanges(app, unit, changes, now);
    return { groups, transitions: changes.flatMap((change) => change.transitions) };
  });
  const transitions = parts.flatMap((part) => part.transitions);
  const groups = parts.flatMap((part) => part.groups);
  announce(app, transitions);
  if (groups.length > 0) await app.bus.publish(transitions, groups);
  if (lasting.length === 0 && found.isRead) await beat(app);
  return lasting;
}

/** When this process has checked again, where that is certain; ms. */
function nextBy({ clock }: App, every: number | undefined): number | undefined {
  return every === undefined ? undefined : clock.now() + 2 * every + SLACK_MS;
}

/** Others see by it that this process can write; and where it cannot, all that follows would be in vain. */
async function writeDown(app: App, every: number | undefined): Promise<void> {
  const at = app.clock.now();
  const data: WrittenRow = {
    at,
    by: app.identity.id,
    ...(every !== undefined && { until: nextBy(app, every)! }),
  };
  await app.store.commit([{ op: "put", ...WRITTEN, data }]);
}

/**
 * The process ends: nobody need wait for what it would write next. Throws StoreGone where what it
 * wrote last may be lost.
 */
export async function endHealth(app: App): Promise<void> {
  try {
    await writeDown(app, undefined);
  } catch (error) {
    if (error instanceof StoreGone) throw error;
    app.log.warn("the end was not written", { error: (error as Error).message });
  }
}

function noteBroken(app: App, { failing }: Findings, unresolved: readonly UnresolvedSecret[]): void {
  app.brokenChannels.clear();
  for (const { channel } of failing) app.brokenChannels.add(channel);
  for (const { of, name, flawed } of unresolved) if (of === "channel" && !flawed) app.brokenChannels.add(name);
}

/** A channel whose secret is found again has not failed since: its next try decides. */
async function forgetFailure(app: App, unit: Unit, { problem, name }: KeyState["key"]): Promise<void> {
  if (problem !== "secret unresolved" || !app.channels.has(String(name))) return;
  const key = channelKey(String(name));
  await unit.load([key]);
  const row = unit.value<ChannelRow>(key);
  if (row) unit.put(key, { ...row, failingSince: null, error: null } satisfies ChannelRow);
}

/** Tells the watcher of the watcher; its failure is the watcher's to notice. */
async function beat(app: App): Promise<void> {
  try {
    const url = await app.heartbeatUrl();
    if (url !== undefined) await sendHttp({ method: "GET", url, headers: {}, body: "" }, { timeoutMs: HEARTBEAT_MS });
  } catch (error) {
    app.log.warn("heartbeat not sent", { error: app.redact((error as Error).message) });
  }
}

function opened(app: App, problem: Problem, key: Record<string, unknown>, now: number): Change {
  const alert = problemAlert(app, problem, now);
  return {
    rule: app.healthRule,
    state: { ...emptyState(key), alert },
    transitions: [{ kind: "opened", alert }],
  };
}

/** The alert about the problem. */
export function problemAlert(app: App, problem: Problem, now: number): Alert {
  const key = { problem: problem.problem, name: problem.name };
  const event: Event = {
    id: hashOf([HEALTH_RULE, key, now]),
    source: app.config.sources[0]!.kind,
    sourceId: HEALTH_RULE,
    connection: problem.connection ?? "",
    project: "",
    region: "",
    time: iso(now),
    level: "error",
    type: problem.problem,
    reason: problem.problem,
    count: 1,
    late: 0,
    message: problem.message,
    text: problem.message.toLowerCase(),
    resource: { type: "lookout", id: problem.name, name: problem.name },
    labels: {},
    data: {},
  };
  return {
    ...openAlert(app.healthRule, key, event, [], 1, now).alert,
    connection: problem.connection,
    source: null,
    region: null,
  };
}

function resolved(app: App, state: KeyState, now: number): Change {
  const alert = endAlert(state.alert!, now);
  return { rule: app.healthRule, state: { ...state, alert }, transitions: [{ kind: "resolved", alert }] };
}
