// Is Lookout itself well: what is wrong becomes `lookout-unhealthy` alerts, what is well again resolves them.
import { sendHttp } from "../channels/send.ts";
import { HEALTH_RULE } from "../model/alert.ts";
import type { RuleConfig } from "../model/config.ts";
import type { Event } from "../model/event.ts";
import { hashOf } from "../model/hash.ts";
import { endAlert, iso, openAlert } from "../rules/alert.ts";
import { rulePartition, stateRow } from "../rules/compile.ts";
import { emptyState, type KeyState, type Transition } from "../rules/state.ts";
import { listDead } from "./deliver.ts";
import type { App } from "./deps.ts";
import { CONNECTIONS, type ConnectionRow, type RuleRow, SOURCES, type SourceRow } from "./rows.ts";
import { type Change, putChanges } from "./transitions.ts";

const HEARTBEAT_MS = 10_000;

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

/** Something that is wrong with Lookout itself. */
export interface Problem {
  problem: "connection paused" | "target unread" | "discovery failed" | "delivery dead" | "configuration refused";
  /** The connection, `source/target`, source or channel. */
  name: string;
  message: string;
  connection: string | null;
}

/** Everything that is wrong now, as the store tells it. */
export async function findProblems(app: App): Promise<Problem[]> {
  const now = app.clock.now();
  const [sources, connections, dead] = await Promise.all([
    app.store.list<SourceRow>(SOURCES),
    app.store.list<ConnectionRow>(CONNECTIONS),
    listDead(app),
  ]);
  const problems: Problem[] = [];
  for (const { sk: name, data } of connections) {
    // Still a problem while the next try is on its way: only an accepted one ends it.
    if (!app.connections.has(name) || !data.pausedUntil) continue;
    const message = `Connection ${name} is paused until ${iso(data.pausedUntil)}: ${data.error}`;
    problems.push({ problem: "connection paused", name, message, connection: name });
  }
  const paused = new Set(problems.map(({ name }) => name));
  for (const source of app.config.sources) {
    const row = sources.find(({ sk }) => sk === source.id)?.data;
    if (row === undefined || paused.has(source.connection)) continue;
    const { connection } = source;
    if (now - row.lastRunAt > app.config.health.lag + source.every) {
      const message = `${source.id} has not been polled since ${iso(row.lastRunAt)}: is its poller running?`;
      problems.push({ problem: "target unread", name: source.id, message, connection });
    }
    if (row.discoveryError !== undefined) {
      const message = `Discovery of ${source.id} failed: ${row.discoveryError}`;
      problems.push({ problem: "discovery failed", name: source.id, message, connection });
    }
    for (const [target, failing] of Object.entries(row.failing)) {
      const since = failing.isNew ? failing.since : (failing.readTo ?? failing.since);
      if (now - since <= app.config.health.lag) continue;
      const message = `${source.id} ${target} is unread since ${iso(since)}: ${failing.error}`;
      problems.push({ problem: "target unread", name: `${source.id}/${target}`, message, connection });
    }
  }
  for (const [name, rows] of Map.groupBy(dead, (row) => row.channel)) {
    const message = `${rows.length} dead ${rows.length === 1 ? "delivery" : "deliveries"} to ${name}: ${rows.at(-1)!.error}`;
    problems.push({ problem: "delivery dead", name, message, connection: null });
  }
  return problems;
}

/** Opens and resolves Lookout's own alerts, and asks for the heartbeat where all is well. Returns the problems. `more` are known otherwise. */
export async function checkHealth(app: App, more: readonly Problem[] = []): Promise<Problem[]> {
  const problems = [...(await findProblems(app)), ...more];
  const keyOf = ({ problem, name }: Problem) => ({ problem, name });
  const wanted = new Map(problems.map((problem) => [stateRow(app.healthRule, keyOf(problem)).sk, problem]));
  const { transitions, groups } = await app.transact(async (unit) => {
    const now = app.clock.now();
    const rows = await unit.list<RuleRow>(rulePartition(app.healthRule));
    await unit.load([...wanted.keys()].map((sk) => ({ pk: rulePartition(app.healthRule), sk })));
    const firing = new Map(
      rows.filter((row) => row.data.state.alert?.status === "firing").map((row) => [row.sk, row.data]),
    );
    const changes: Change[] = [];
    for (const [sk, problem] of wanted) {
      if (!firing.has(sk)) changes.push(opened(app, problem, keyOf(problem), now));
    }
    for (const [sk, row] of firing) if (!wanted.has(sk)) changes.push(resolved(app, row.state, now));
    return {
      transitions: changes.flatMap((change) => change.transitions),
      groups: await putChanges(app, unit, changes, now),
    };
  });
  if (groups.length > 0) await app.bus.publish(transitions, groups);
  if (problems.length === 0) await beat(app);
  return problems;
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
  const alert = {
    ...openAlert(app.healthRule, key, event, [], 1, now).alert,
    connection: problem.connection,
    source: null,
    region: null,
  };
  const transitions: Transition[] = [{ kind: "opened", alert }];
  return { rule: app.healthRule, state: { ...emptyState(key), newestMatch: now, alert }, transitions };
}

function resolved(app: App, state: KeyState, now: number): Change {
  const alert = endAlert(state.alert!, now);
  return { rule: app.healthRule, state: { ...state, alert }, transitions: [{ kind: "resolved", alert }] };
}
