// `status`: how things stand, for people and for scripts.
import { readStatus, type Status } from "../../app/queries/status.ts";
import { targetNames } from "../../app/queries/target-names.ts";
import { timeIn } from "../../model/local-time.ts";
import { DONE, type Io, jsonDocument, oneLine, styled, WRONG } from "../io.ts";
import { type CommonOptions, openExisting } from "../open.ts";
import { listText, thought } from "../print/table.ts";

/** Columns of an error at most, however many lines they take. */
const TEXT = 300;

type Time = (iso: string) => string;

export async function statusCommand(io: Io, options: CommonOptions): Promise<number> {
  const { app, close } = await openExisting(io, options);
  try {
    const status = await readStatus(app);
    if (options.json) jsonDocument(io, status);
    else {
      const names = await targetNames(app);
      io.out(describeStatus(io, status, { time: timeIn(app.config.timezone), names }));
    }
    return status.healthy ? DONE : WRONG;
  } finally {
    await close();
  }
}

interface Words {
  time: Time;
  names: ReadonlyMap<string, string>;
}

function describeStatus(io: Io, status: Status, { time, names }: Words): string {
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
  const targets = targetText(io, status, { time, names });
  return `Lookout is ${state}.\n\n${targets}${thoughts.flatMap((text) => thought(io, text)).join("\n")}\n`;
}

function targetText(io: Io, { targets }: Status, { time, names }: Words): string {
  if (targets.length === 0) return "No target is polled.\n";
  const rows = targets.map(({ source, target, lastReadAt, lagSeconds, error }) => {
    const name = names.get(target);
    const called = oneLine(name === undefined || name === target ? target : `${oneLine(name, 40)} (${target})`, 80);
    return [
      oneLine(source, 40),
      lastReadAt === null ? "never" : time(lastReadAt),
      lagSeconds === null ? "-" : `${lagSeconds}s`,
      error === null ? called : `${called}: ${oneLine(error, TEXT)}`,
    ];
  });
  return listText(io, { head: ["SOURCE", "READ UP TO", "LAG", "TARGET"], rows });
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
