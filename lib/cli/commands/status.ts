// `status`: how things stand, for people and for scripts.
import { readStatus, type Status } from "../../app/queries/status.ts";
import { targetNames } from "../../app/queries/target-names.ts";
import { timeIn } from "../../model/local-time.ts";
import { DONE, type Io, jsonDocument, oneLine, styled, WRONG } from "../io.ts";
import { type CommonOptions, openExisting } from "../open.ts";
import { listText, thought } from "../print/table.ts";

/** Targets that are listed without --all: nobody reads thousands of lines. */
const TARGETS = 50;
/** Columns of an error at most, however many lines they take. */
const TEXT = 300;

type Time = (iso: string) => string;

export async function statusCommand(io: Io, options: CommonOptions & { all?: boolean }): Promise<number> {
  const { app, close } = await openExisting(io, options);
  try {
    const status = await readStatus(app);
    if (options.json) jsonDocument(io, status);
    else {
      const names = await targetNames(app);
      io.out(describeStatus(io, status, { time: timeIn(app.config.timezone), names, all: options.all === true }));
    }
    return status.healthy ? DONE : WRONG;
  } finally {
    await close();
  }
}

interface Words {
  time: Time;
  names: ReadonlyMap<string, string>;
  all: boolean;
}

function describeStatus(io: Io, status: Status, words: Words): string {
  const { time } = words;
  const state = status.healthy ? styled(io, "green", "healthy") : styled(io, "red", "NOT HEALTHY");
  const thoughts = [
    ...sourceLines(status, time),
    ...connectionLines(status, time),
    `deliveries: ${status.deliveries.pending} pending, ${status.deliveries.dead} dead`,
    ...ledgerLines(status),
    ...channelLines(io, status, time),
    ...ruleLines(status, time),
    ...status.problems.map(({ message }) => styled(io, "red", `! ${oneLine(message, TEXT)}`)),
  ];
  const targets = targetText(io, status, words);
  return `Lookout is ${state}.\n\n${targets}${thoughts.flatMap((text) => thought(io, text)).join("\n")}\n`;
}

function targetText(io: Io, { targets }: Status, { time, names, all }: Words): string {
  if (targets.length === 0) return "No target is polled.\n";
  const [listed, others] = all || targets.length <= TARGETS ? [targets, []] : mostUrgent(targets);
  const rows = listed.map(({ source, target, lastReadAt, lagSeconds, error }) => {
    const name = names.get(target);
    const called = oneLine(name === undefined || name === target ? target : `${oneLine(name, 40)} (${target})`, 80);
    return [
      oneLine(source, 40),
      lastReadAt === null ? "never" : time(lastReadAt),
      lagSeconds === null ? "-" : `${lagSeconds}s`,
      error === null ? called : `${called}: ${oneLine(error, TEXT)}`,
    ];
  });
  const list = listText(io, { head: ["SOURCE", "READ UP TO", "LAG", "TARGET"], rows });
  return `${list}${othersLine(others)}`;
}

/** Those that cannot be read, then those that are furthest behind; and the rest. */
function mostUrgent(targets: Status["targets"]): [listed: Status["targets"], others: Status["targets"]] {
  const lag = ({ lagSeconds }: Status["targets"][number]) => lagSeconds ?? Number.MAX_SAFE_INTEGER;
  const sorted = targets.toSorted((a, b) => Number(b.error !== null) - Number(a.error !== null) || lag(b) - lag(a));
  return [sorted.slice(0, TARGETS), sorted.slice(TARGETS)];
}

function othersLine(others: Status["targets"]): string {
  if (others.length === 0) return "";
  const failing = others.filter(({ error }) => error !== null).length;
  const behind = others.reduce((most, { lagSeconds }) => Math.max(most, lagSeconds ?? 0), 0);
  const how = failing > 0 ? `${failing} of them cannot be read` : `read to within ${behind}s`;
  return `and ${others.length} more targets, ${how} (--all lists every one)\n`;
}

function sourceLines({ sources }: Status, time: Time): string[] {
  return sources.map(({ source, lastRunAt, overdueSince }) => {
    const last = lastRunAt === null ? "never polled" : `last polled ${time(lastRunAt)}`;
    return `source ${source}: ${last}${overdueSince === null ? "" : `, overdue since ${time(overdueSince)}`}`;
  });
}

function connectionLines({ connections }: Status, time: Time): string[] {
  return connections.map(({ name, state, pausedUntil, error }) => {
    const until = pausedUntil === null ? "" : ` until ${time(pausedUntil)}`;
    return `connection ${name}: ${state}${until}${error === null ? "" : ` (${oneLine(error, TEXT)})`}`;
  });
}

/** The newest day of each source. */
function ledgerLines({ ledger }: Status): string[] {
  return Object.entries(ledger).flatMap(([source, days]) => {
    const newest = Object.entries(days).sort().at(-1);
    if (newest === undefined) return [];
    const [day, { fetched, seen, malformed, new: found, matched }] = newest;
    return [
      `source ${source} on ${day}: ${fetched} fetched, ${seen} seen before, ${malformed} not understood, ` +
        `${found} new, ${matched} of them matched`,
    ];
  });
}

function channelLines(io: Io, { failingChannels, channels }: Status, time: Time): string[] {
  const failing = failingChannels.map(({ channel, since, error }) =>
    styled(io, "red", `channel ${channel}: failing since ${time(since)} (${oneLine(error ?? "", TEXT)})`),
  );
  const counts = Object.entries(channels).map(([name, { alerts, notified, pending, held, dead, passed }]) => {
    const back = held.silenced + held.muted + held.inhibited;
    const rest = passed === 0 ? "" : `, ${passed} passed without a notification`;
    return `channel ${name}: ${alerts} alerts, ${notified} notified, ${pending} pending, ${back} held back, ${dead} dead${rest}`;
  });
  return [...failing, ...counts];
}

function ruleLines({ waiting, failures }: Status, time: Time): string[] {
  const deadlines = waiting.map(
    ({ rule, deadline }) => `deadline of ${rule} at ${time(deadline)} waits for its targets to be read`,
  );
  const failed = failures.map(({ rule, field, count, lastAt, error }) => {
    const times = `${count} ${count === 1 ? "time" : "times"}`;
    return `${field} of ${rule} failed ${times}, last ${time(lastAt)}: ${oneLine(error, TEXT)}`;
  });
  return [...deadlines, ...failed];
}
