// Everything that is wrong with Lookout itself now, as the store shows: one problem for each cause.
import type { Alert } from "../../model/alert.ts";
import { iso } from "../../model/iso.ts";
import type { HealthProblem } from "../../model/own-alerts.ts";
import { rulePartition } from "../../rules/compile.ts";
import type { Row } from "../../store/port.ts";
import { destinationOfChannel } from "../delivery/attempt.ts";
import { goneOf } from "../delivery/channel-notes.ts";
import { listDead } from "../delivery/deliver.ts";
import type { App, UnresolvedSecret } from "../deps.ts";
import { CHANNELS, type ChannelRow, type DeadRow, LATE, type LateRow } from "../persistence/delivery-rows.ts";
import { CONNECTIONS, type ConnectionRow, META, type RuleRow, WRITTEN, type WrittenRow } from "../persistence/rows.ts";
import type { Problem } from "./problem.ts";
import { areRead, overdueProblems, readSourceStates, type SourceState, unreadProblems } from "./unread.ts";

/** What the process that runs knows and the store does not: others learn it from its open alerts. */
export const OWN: ReadonlySet<string> = new Set<HealthProblem>([
  "secret unresolved",
  "configuration refused",
  "dead letters",
  "state not written",
  "state damaged",
]);

export interface Findings {
  problems: Problem[];
  sources: SourceState[];
  /** Channels that fail now, and why. */
  failing: { channel: string; since: number; error: string | null }[];
  /** Every source is polled, and its last run could read. */
  isRead: boolean;
}

/**
 * Everything that is wrong now. `unresolved` are the secrets that the process that runs could not resolve;
 * undefined: this one only looks.
 */
export async function findProblems(app: App, unresolved?: readonly UnresolvedSecret[]): Promise<Findings> {
  const [sources, connections, channels, dead, late, open] = await Promise.all([
    readSourceStates(app),
    app.store.list<ConnectionRow>(CONNECTIONS),
    app.store.list<ChannelRow>(CHANNELS),
    listDead(app),
    app.store.list<LateRow>(LATE),
    openAlerts(app),
  ]);
  const isOpen = (problem: Problem["problem"], name: string) => open.some((one) => isOf(one, problem, name));
  const problems = secretProblems(app, unresolved ?? [], sources);
  for (const { sk: name, data } of connections) {
    // Still a problem while the next try is on its way: only an accepted one ends it.
    if (!app.connections.has(name) || !data.pausedUntil) continue;
    const message = `Connection ${name} is paused until ${iso(data.pausedUntil)}: ${data.error}`;
    problems.push({ problem: "connection paused", name, message, connection: name });
  }
  problems.push(...overdueProblems(app, sources));
  const explained = new Set(problems.filter(isOfConnection).map(({ name }) => name));
  // Those of sources without a connection, too.
  for (const name of new Set([...app.connections.keys(), ...sources.map(({ source }) => source.connection)])) {
    const own = await unreadProblems(app, name, sources, isOpen);
    // What was an alert before stays one until it is read again.
    problems.push(...own.filter((one) => !explained.has(name) || isOpen(one.problem, one.name)));
  }
  const failing = channels.flatMap(({ sk: channel, data: { failingSince, error } }) => {
    return failingSince !== null && app.channels.has(channel) ? [{ channel, since: failingSince, error }] : [];
  });
  problems.push(...(await goneProblems(app, channels)));
  problems.push(...deadProblems(dead).filter(({ name }) => !has(problems, "channel disabled", name)));
  const secretless = new Set(unresolved?.filter((one) => one.of === "channel" && !one.flawed).map(({ name }) => name));
  // Another alert says so already; also where a secret has just been found: whether the channel takes
  // anything now, its next try tells.
  const isExplained = (name: string) =>
    secretless.has(name) ||
    isOpen("secret unresolved", name) ||
    has(problems, "delivery dead", name) ||
    has(problems, "channel disabled", name);
  for (const { channel: name, since, error } of failing) {
    if (isExplained(name) && !isOpen("channel failing", name)) continue;
    const message = `Channel ${name} takes nothing since ${iso(since)}: ${error ?? "the reason is not known"}`;
    const alertAt = since + app.config.channels[name]!.fallbackAfter;
    problems.push({ problem: "channel failing", name, message, connection: null, alertAt });
  }
  const lateOnes = lateProblems(app, late).filter(
    ({ name }) => !isExplained(name) && !has(problems, "channel failing", name),
  );
  problems.push(...lateOnes, ...damageProblems(app), ...unwrittenProblems(app));
  if (unresolved === undefined) {
    if (!has(problems, "state not written", STATE)) problems.push(...stuckProblems(app, await readWritten(app)));
    problems.push(...open.flatMap(ownProblem).filter(({ problem, name }) => !has(problems, problem, name)));
  }
  return { problems, sources, failing, isRead: areRead(app, sources) };
}

const STATE = "state";
const NAMED_ROWS = 5;

/** Of all rows that were come across, one problem: what each of them keeps from being done shows elsewhere, too. */
function damageProblems({ guard }: App): Problem[] {
  const rows = guard.damaged();
  if (rows.length === 0) return [];
  const named = rows.slice(0, NAMED_ROWS).map(({ pk, sk }) => `${pk} ${sk}`);
  const more = rows.length > named.length ? ` and ${rows.length - named.length} more` : "";
  const message =
    `${rows.length} ${rows.length === 1 ? "row" : "rows"} of the state are not what was written: ${named.join(", ")}${more}. ` +
    "They are left as they are, and what needs them waits: restore a backup, or remove them (State and backups in docs/operations.md)";
  return [{ problem: "state damaged", name: STATE, message, connection: null }];
}

export function unwrittenProblems({ guard }: App): Problem[] {
  const trouble = guard.trouble();
  if (trouble === undefined) return [];
  const message = `The state cannot be written since ${iso(trouble.since)}: ${trouble.error}`;
  return [{ problem: "state not written", name: STATE, message, connection: null }];
}

async function readWritten({ store }: App): Promise<WrittenRow | undefined> {
  const rows = await store.list<WrittenRow>(META);
  return rows.find(({ sk }) => sk === WRITTEN.sk)?.data;
}

/** Another process runs, but has not written what it always writes. */
function stuckProblems({ clock, identity }: App, written: WrittenRow | undefined): Problem[] {
  if (written?.until === undefined || clock.now() <= written.until || identity.isGone(written.by)) return [];
  const since = `has written nothing since ${iso(written.at)}`;
  const message = `The process that runs (${written.by}) ${since}: its disk is full, or it hangs. Its log says more`;
  return [{ problem: "state not written", name: STATE, message, connection: null }];
}

/** What follows from these is no problem of its own. */
function isOfConnection({ problem, connection }: Problem): boolean {
  return connection !== null && (problem === "connection paused" || problem === "secret unresolved");
}

function has(problems: readonly Problem[], problem: string, name: string): boolean {
  return problems.some((one) => one.problem === problem && one.name === name);
}

/** Lookout's own alerts that are open. */
async function openAlerts(app: App): Promise<Alert[]> {
  const rows = await app.store.list<RuleRow>(rulePartition(app.healthRule));
  return rows.flatMap(({ data: { state } }) => (state.alert?.status === "firing" ? [state.alert] : []));
}

function isOf({ key }: Alert, problem: string, name: string): boolean {
  return key["problem"] === problem && key["name"] === name;
}

function ownProblem({ key, summary, connection }: Alert): Problem[] {
  const problem = key["problem"] as Problem["problem"];
  return OWN.has(problem) ? [{ problem, name: String(key["name"]), message: summary, connection }] : [];
}

/**
 * One for each connection or channel, however many of its secrets are missing; a connection's polls
 * tell of its own, too.
 */
function secretProblems(app: App, unresolved: readonly UnresolvedSecret[], sources: readonly SourceState[]): Problem[] {
  const problems = [...Map.groupBy(unresolved, ({ name }) => name)].map(([name, all]): Problem => {
    const reasons = all.map(({ message }) => message).join("; ");
    const connection = all.some(({ of }) => of === "connection") ? name : null;
    const what = all.every(({ flawed }) => flawed) ? "are not all of use" : "cannot be resolved";
    const message = `The secrets of ${all[0]!.of} ${name} ${what}: ${reasons}`;
    return { problem: "secret unresolved", name, message, connection };
  });
  for (const { source, row } of sources) {
    const { connection: name } = source;
    const failing = Object.values(row?.failing ?? {}).find(({ kind }) => kind === "secret");
    const error = failing?.error ?? (row?.discoveryKind === "secret" ? row.discoveryError : undefined);
    if (error === undefined || has(problems, "secret unresolved", name) || !app.connections.has(name)) continue;
    const message = `The secrets of connection ${name} cannot be resolved: ${error}`;
    problems.push({ problem: "secret unresolved", name, message, connection: name });
  }
  return problems;
}

/** Channels whose receiver said that it is gone, as long as they have the options of then. */
async function goneProblems(app: App, rows: readonly Row<ChannelRow>[]): Promise<Problem[]> {
  const known = rows.filter(({ sk, data }) => data.gone !== undefined && app.channels.has(sk));
  const problems = known.map(async ({ sk: name, data }): Promise<Problem[]> => {
    const gone = goneOf(data, await destinationOfChannel(app, name));
    if (gone === undefined) return [];
    const { fallback } = app.channels.get(name)!;
    const message =
      `Channel ${name} is disabled since ${iso(gone.at)}, for its receiver is gone: ${gone.error}. ` +
      `What is notified there ${fallback === undefined ? "is kept as dead deliveries" : `goes to ${fallback}`} until you ` +
      `change the channel's options, or "lookout send-test ${name}" succeeds`;
    return [{ problem: "channel disabled", name, message, connection: null }];
  });
  return (await Promise.all(problems)).flat();
}

/** A channel that takes other deliveries, but has not taken these: its receiver holds them back, say. */
function lateProblems(app: App, rows: readonly Row<LateRow>[]): Problem[] {
  const late = rows.map(({ data }) => data).filter(({ channel }) => app.channels.has(channel));
  return [...Map.groupBy(late, ({ channel }) => channel)].map(([name, all]) => {
    const since = iso(Math.min(...all.map((one) => one.since)));
    const what = all.length === 1 ? "a delivery" : `${all.length} deliveries`;
    const message = `Channel ${name} does not take ${what}, tried in vain since ${since}: ${all.at(-1)!.error}`;
    return { problem: "channel failing", name, message, connection: null };
  });
}

function deadProblems(all: readonly DeadRow[]): Problem[] {
  const dead = all.filter(({ test }) => !test);
  return [...Map.groupBy(dead, (row) => row.channel)].map(([name, rows]) => {
    const what = `${rows.length} dead ${rows.length === 1 ? "delivery" : "deliveries"}`;
    const message = `${what} to ${name}: ${rows.at(-1)!.error}`;
    return { problem: "delivery dead", name, message, connection: null };
  });
}
