// `check --live`: does each connection authenticate, may it do what its sources need, and which targets does it find?
// Stores nothing but what protects the credentials.
import { shortages } from "../../model/budget.ts";
import type { SourceConfig } from "../../model/config.ts";
import { type SourceKind, sourceKinds } from "../../model/source-kinds.ts";
import { CloudError, type CloudErrorKind } from "../../sources/cloud/client.ts";
import type { Target } from "../../sources/port.ts";
import { createMeter } from "../../sources/reading/meter.ts";
import type { App, Connection } from "../deps.ts";

/** How many targets of a source are tried. */
const TRIED = 5;

/** A cloud that names the project in one of these has another one in mind. */
const REFUSED: ReadonlySet<CloudErrorKind> = new Set(["credentials", "forbidden", "not-found", "bad-request"]);

export interface LiveSource {
  source: string;
  kind: SourceKind;
  connection: string;
  project: string | null;
  targets: { id: string; name: string | null; status: string | null }[];
  /** What is wrong, and what to do. */
  errors: string[];
}

export async function checkLive(app: App, signal: AbortSignal): Promise<LiveSource[]> {
  const checked: LiveSource[] = [];
  // One after the other: credentials that turn out wrong are tried as rarely as can be.
  for (const source of app.config.sources) checked.push(await checkSource(app, source, signal));
  const found = new Map(checked.map((live) => [live.source, live]));
  for (const { source, message, hint } of shortages(app.config, ({ id }) => found.get(id)!.targets.length)) {
    // Named targets are in the configuration, without asking anyone.
    if (source.targets === undefined) found.get(source.id)!.errors.push(`${message}; ${hint}`);
  }
  return checked;
}

async function checkSource(app: App, source: SourceConfig, signal: AbortSignal): Promise<LiveSource> {
  const connection = app.connections.get(source.connection)!;
  const { id, kind } = source;
  const live: LiveSource = { source: id, kind, connection: connection.name, project: null, targets: [], errors: [] };
  try {
    live.project = await connection.projectId();
    const targets = await findTargets(app, source, connection, live.project, signal);
    live.targets = targets.map(({ id, name, status }) => ({ id, name: name ?? null, status: status ?? null }));
    for (const target of targets.slice(0, TRIED)) {
      const error = await tryRead(app, source, connection, live.project, target, signal);
      if (error !== undefined) live.errors.push(app.redact(`${target.id}: ${error}`));
    }
  } catch (error) {
    live.errors.push(app.redact(explain(error, sourceKinds[kind].permissions.list, connection)));
  }
  return live;
}

async function findTargets(
  app: App,
  source: SourceConfig,
  connection: Connection,
  project: string,
  signal: AbortSignal,
): Promise<Target[]> {
  return source.targets ?? (await app.discover(source, connection, project, signal)).own;
}

/** What goes wrong when the target's newest events are asked for; undefined where nothing does. */
async function tryRead(
  app: App,
  source: SourceConfig,
  connection: Connection,
  project: string,
  target: Target,
  signal: AbortSignal,
): Promise<string | undefined> {
  const now = app.clock.now();
  const { id: sourceId, lateness, every, levels, labels } = source;
  const stamp = { sourceId, connection: connection.name, project, region: connection.config.region, labels };
  const { client } = createMeter(connection.client, app.clock);
  const request = { client, target, cursor: undefined, floor: now - every, now, lastReadAt: undefined };
  try {
    for await (const _batch of app.sources[source.kind].read({ ...request, lateness, every, levels, stamp, signal }))
      break;
    return undefined;
  } catch (error) {
    return explain(error, sourceKinds[source.kind].permissions.read, connection);
  }
}

/** What the cloud answered, and what to do. */
function explain(error: unknown, permission: string, { name }: Connection): string {
  const { message } = error as Error;
  if (!(error instanceof CloudError)) return message;
  if (REFUSED.has(error.kind) && /\bproject\b/i.test(message)) {
    const where = 'the console shows names and ids under "My Credentials", "Projects"';
    return `${message}; correct the project of connections.${name}: ${where}`;
  }
  if (error.kind !== "forbidden") return message;
  return `${message}; the credentials are good but lack the permission ${permission}`;
}
