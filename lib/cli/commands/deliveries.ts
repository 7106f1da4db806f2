// `redeliver`, `deliveries drop` and `send-test`: what a person does about deliveries.
import {
  type Delivery,
  deliverDue,
  deliveryIds,
  dropDelivery,
  listDead,
  readDeliveries,
  redeliver,
} from "../../app/delivery/deliver.ts";
import { isClaimed } from "../../app/delivery/outcomes.ts";
import { sendTest } from "../../app/delivery/send-test.ts";
import type { App } from "../../app/deps.ts";
import { viewDelivery } from "../../app/queries/lists.ts";
import { channelTypes } from "../../channels/registry.ts";
import { ConfigError } from "../../config/document/finding.ts";
import { nearest } from "../../config/document/words.ts";
import { lintChannelValues } from "../../config/lint/addresses.ts";
import { DONE, type Io, jsonLines, oneLine, UsageError, WRONG } from "../io.ts";
import { type CommonOptions, openApp, openExisting } from "../open.ts";

const PATIENCE_MS = 30_000;
/** So often it is looked whether another process has sent what it took. */
const LOOK_MS = 200;
/** Deliveries that are read at once, to show them. */
const AT_ONCE = 200;

/** Makes one delivery, or all dead ones, pending again and tries them now. Exit 1: not all were delivered. */
export async function redeliverCommand(
  io: Io,
  id: string | undefined,
  options: CommonOptions & { dead?: boolean },
): Promise<number> {
  if ((id === undefined) === (options.dead !== true))
    throw new UsageError("name one delivery, or say --dead for all dead ones");
  const { app, close } = await openExisting(io, options);
  try {
    const ids = id === undefined ? (await listDead(app)).map((row) => row.id) : [await findId(app, id)];
    const leftOut = await redeliver(app, ids);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await deliverDue(app, signal);
    let code = leftOut.size === 0 ? DONE : WRONG;
    const sent = ids.filter((one) => !leftOut.has(one));
    // Some at a time: together their messages may be much.
    for (let from = 0; from < sent.length; from += AT_ONCE) {
      code = Math.max(code, show(io, options, await ended(app, sent.slice(from, from + AT_ONCE), signal)));
    }
    if (ids.length === 0 && !options.json) io.out("There is no dead delivery.\n");
    for (const [one, { message }] of leftOut) io.err(`lookout: ${one} was not sent again: ${oneLine(message, 400)}\n`);
    return code;
  } finally {
    await close();
  }
}

/** The deliveries once nobody sends any of them: another process, such as `lookout run`, may have taken one first. */
async function ended(app: App, ids: readonly string[], signal: AbortSignal): Promise<Delivery[]> {
  for (;;) {
    const rows = await readDeliveries(app, ids);
    if (signal.aborted || !rows.some((row) => row.status === "pending" && isClaimed(app, row))) return rows;
    await app.clock.sleep(LOOK_MS, signal).catch(() => {});
  }
}

/** Gives up on a delivery: it is removed and nothing more is sent of it. */
export async function dropCommand(io: Io, id: string, options: CommonOptions): Promise<number> {
  const { app, close } = await openExisting(io, options);
  try {
    const found = await findId(app, id);
    const [row] = await readDeliveries(app, [found]);
    if (row?.into !== undefined) {
      const [part, whole] = [found, row.into].map((one) => one.slice(0, 8));
      throw new UsageError(`delivery ${part} is part of ${whole}, which says what others say, too: drop that one`);
    }
    await dropDelivery(app, found);
    if (options.json) jsonLines(io, [{ id: found, dropped: true }]);
    else io.out(`Dropped ${found}.\n`);
    return DONE;
  } finally {
    await close();
  }
}

/** One real, marked notification through the whole delivery path. Exit 1: it was not delivered. */
export async function sendTestCommand(io: Io, name: string, options: CommonOptions): Promise<number> {
  const { app, places, secrets, close } = await openApp(io, options);
  try {
    const channel = app.channels.get(name);
    if (channel === undefined) {
      const known = [...app.channels.keys()];
      const near = nearest(name, known);
      const hint = near === undefined ? `there are ${known.join(", ")}` : `did you mean ${near}?`;
      throw new UsageError(`there is no channel "${name}" in ${options.config}; ${hint}`);
    }
    const own = { [name]: app.config.channels[name]! };
    const findings = await lintChannelValues(own, places, channelTypes, secrets);
    if (findings.length > 0) throw new ConfigError(findings);
    const rows = await sendTest(app, channel, AbortSignal.timeout(PATIENCE_MS));
    if (rows.length === 0 && !options.json) io.out("The channel takes no such message.\n");
    const code = show(io, options, rows);
    if (channel.type.incident && !options.json && rows.length > 0) io.out(incidentWords(rows));
    return code;
  } finally {
    await close();
  }
}

/** Whether the incident of a test is closed again; where it may not be, a person has to look. */
function incidentWords(rows: readonly Delivery[]): string {
  const key = rows[0]!.notification.alerts[0]!.id;
  const last = rows.at(-1)!;
  if (last.notification.status === "resolved" && last.status === "delivered") {
    return `The incident ${key} was opened and closed again.\n`;
  }
  return `The incident ${key} may be open: close it there if it is.\n`;
}

/** The full id of the only delivery whose id begins with `prefix`. */
async function findId(app: App, prefix: string): Promise<string> {
  if (prefix === "") throw new UsageError('an id is empty: "lookout deliveries" lists every delivery');
  const found = await deliveryIds(app, prefix);
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw new UsageError(`no delivery has an id that begins with ${prefix}; "lookout deliveries" lists them`);
  throw new UsageError(`several deliveries have ids that begin with ${prefix}: give more of it`);
}

function show(io: Io, options: CommonOptions, rows: readonly Delivery[]): number {
  if (options.json) jsonLines(io, rows.map(viewDelivery));
  for (const { id, channel, status, error } of options.json ? [] : rows) {
    io.out(`${id.slice(0, 8)} to ${channel}: ${status}${error === null ? "" : ` (${oneLine(error, 300)})`}\n`);
  }
  return rows.every(({ status }) => status === "delivered") ? DONE : WRONG;
}
