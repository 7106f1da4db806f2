// `status`, `alerts`, `events`, `deliveries`: what the store knows, as tables for people or JSON for scripts.
import { listDeliveries } from "../app/delivery/deliver.ts";
import { endedAlerts, openAlerts, seenEvents, viewDelivery } from "../app/queries/lists.ts";
import { readStatus, type Status } from "../app/queries/status.ts";
import { parseDuration } from "../model/duration.ts";
import { DONE, type Io, jsonDocument, jsonLines, oneLine, styled, table, UsageError, WRONG } from "./io.ts";
import { type CommonOptions, openExisting } from "./open.ts";
import { severityStyle } from "./severity.ts";

export async function statusCommand(io: Io, options: CommonOptions): Promise<number> {
  const { app, close } = await openExisting(io, options);
  try {
    const status = await readStatus(app);
    if (options.json) jsonDocument(io, status);
    else io.out(describeStatus(io, status));
    return status.healthy ? DONE : WRONG;
  } finally {
    await close();
  }
}

export async function alertsCommand(io: Io, options: CommonOptions & { all?: boolean }): Promise<number> {
  const { app, close } = await openExisting(io, options);
  try {
    const alerts = [...(options.all ? await endedAlerts(app) : []), ...(await openAlerts(app))];
    if (options.json) jsonLines(io, alerts);
    else if (alerts.length === 0) io.out("No alert is open.\n");
    else {
      for (const alert of alerts) {
        const state = alert.status === "firing" ? alert.severity : "resolved";
        const held = alert.suppressedBy.length > 0 ? `  (held back by ${alert.suppressedBy.join(", ")})` : "";
        const by = alert.acknowledgedBy;
        const taken = by === null ? "" : `  (acknowledged by ${oneLine(by, 60)})`;
        io.out(
          `${styled(io, severityStyle(state), state.padEnd(8))}  ${alert.id.slice(0, 8)}  ${second(alert.startsAt)}  ` +
            `${alert.rule}  ×${alert.count}  ${oneLine(alert.summary)}${taken}${held}\n`,
        );
      }
    }
    return DONE;
  } finally {
    await close();
  }
}

export interface EventsOptions extends CommonOptions {
  since?: string;
  source?: string;
  resource?: string;
  limit?: string;
}

export async function eventsCommand(io: Io, options: EventsOptions): Promise<number> {
  const since = options.since === undefined ? undefined : parseDuration(options.since);
  if (options.since !== undefined && since === undefined) {
    throw new UsageError(`--since ${options.since}: expected a duration such as 30m, 2h or 7d`);
  }
  const limit = options.limit === undefined ? undefined : Number(options.limit);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new UsageError(`--limit ${options.limit}: expected a whole number above 0`);
  }
  const { app, close } = await openExisting(io, options);
  try {
    const all = await seenEvents(app, since === undefined ? 0 : app.clock.now() - since);
    const { source, resource } = options;
    const wanted = all.filter(
      (event) =>
        (source === undefined || event.source === source || event.sourceId === source) &&
        (resource === undefined || event.resource.id === resource || event.resource.name === resource),
    );
    const events = limit === undefined ? wanted : wanted.slice(-limit);
    if (options.json) jsonLines(io, events);
    else {
      const rows = events.map(({ time, level, source, resource, id, message, future }) => {
        const said = `${future ? "(dated ahead) " : ""}${oneLine(message)}`;
        return [second(time), level, source, oneLine(resource.name, 30), id.slice(0, 8), said];
      });
      io.out(rows.length === 0 ? "No event was seen.\n" : table(io, rows));
    }
    return DONE;
  } finally {
    await close();
  }
}

export async function deliveriesCommand(io: Io, options: CommonOptions): Promise<number> {
  const { app, close } = await openExisting(io, options);
  try {
    const deliveries = await listDeliveries(app);
    if (options.json) jsonLines(io, deliveries.map(viewDelivery));
    else {
      const rows = deliveries.map((row) => {
        const { id, channel, status, attempts, createdAt, error, foldedInto } = viewDelivery(row);
        const notified = `${row.notification.reason}, ${row.alerts.length} alerts`;
        return [
          second(createdAt),
          id.slice(0, 8),
          status,
          channel,
          `${attempts} tries`,
          notified,
          [foldedInto && `as part of ${foldedInto.slice(0, 8)}`, oneLine(error ?? "")].filter(Boolean).join(": "),
        ];
      });
      io.out(rows.length === 0 ? "Nothing was sent.\n" : table(io, rows));
    }
    return DONE;
  } finally {
    await close();
  }
}

function describeStatus(io: Io, status: Status): string {
  const state = status.healthy ? styled(io, "green", "healthy") : styled(io, "red", "NOT HEALTHY");
  const lines = [
    `Lookout is ${state}.`,
    "",
    ...targetLines(io, status),
    ...sourceLines(status),
    ...connectionLines(status),
    `deliveries: ${status.deliveries.pending} pending, ${status.deliveries.dead} dead`,
    ...ledgerLines(status),
    ...channelLines(io, status),
    ...ruleLines(status),
    ...status.problems.map(({ message }) => styled(io, "red", `! ${oneLine(message, 200)}`)),
  ];
  return `${lines.join("\n")}\n`;
}

function targetLines(io: Io, { targets }: Status): string[] {
  if (targets.length === 0) return ["No target is polled."];
  const rows = targets.map(({ source, target, lastReadAt, lagSeconds, error }) => {
    const lag = lagSeconds === null ? "-" : `${lagSeconds}s`;
    return [
      source,
      oneLine(target, 40),
      lastReadAt === null ? "never" : second(lastReadAt),
      lag,
      oneLine(error ?? "", 200),
    ];
  });
  return [table(io, [["SOURCE", "TARGET", "LAST READ", "LAG", "ERROR"], ...rows]).trimEnd()];
}

function sourceLines({ sources }: Status): string[] {
  return sources.map(({ source, lastRunAt, overdueSince }) => {
    const last = lastRunAt === null ? "never polled" : `last polled ${second(lastRunAt)}`;
    return `source ${source}: ${last}${overdueSince === null ? "" : `, overdue since ${second(overdueSince)}`}`;
  });
}

function connectionLines({ connections }: Status): string[] {
  return connections.map(({ name, state, pausedUntil, error }) => {
    const until = pausedUntil === null ? "" : ` until ${second(pausedUntil)}`;
    return `connection ${name}: ${state}${until}${error === null ? "" : ` (${oneLine(error, 200)})`}`;
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

function channelLines(io: Io, { failingChannels, channels }: Status): string[] {
  const failing = failingChannels.map(({ channel, since, error }) =>
    styled(io, "red", `channel ${channel}: failing since ${second(since)} (${oneLine(error ?? "", 200)})`),
  );
  const counts = Object.entries(channels).map(([name, { alerts, notified, pending, held, dead, passed }]) => {
    const back = held.silenced + held.muted + held.inhibited;
    const rest = passed === 0 ? "" : `, ${passed} passed without a notification`;
    return `channel ${name}: ${alerts} alerts, ${notified} notified, ${pending} pending, ${back} held back, ${dead} dead${rest}`;
  });
  return [...failing, ...counts];
}

function ruleLines({ waiting, failures }: Status): string[] {
  const deadlines = waiting.map(
    ({ rule, deadline }) => `deadline of ${rule} at ${second(deadline)} waits for its targets to be read`,
  );
  const failed = failures.map(({ rule, field, count, lastAt, error }) => {
    const times = `${count} ${count === 1 ? "time" : "times"}`;
    return `${field} of ${rule} failed ${times}, last ${second(lastAt)}: ${oneLine(error, 200)}`;
  });
  return [...deadlines, ...failed];
}

/** `2026-11-20T10:05:00Z` */
function second(time: string): string {
  return `${time.slice(0, 19)}Z`;
}
