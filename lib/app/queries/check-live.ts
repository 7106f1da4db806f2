// `check --live`: does each connection authenticate, may it do what its sources need, and which targets does it find?
// Stores nothing but what protects the credentials.
import { shortages } from "../../model/budget.ts";
import type { SourceConfig } from "../../model/config.ts";
import { isCheck, type SourceKind, sourceKinds } from "../../model/source-kinds.ts";
import { CloudError, type CloudErrorKind } from "../../sources/cloud/client.ts";
import type { Batch, Target } from "../../sources/port.ts";
import { createMeter } from "../../sources/reading/meter.ts";
import { connectionOf } from "../connections/none.ts";
import type { App, Connection } from "../deps.ts";
import { scopeOf } from "../polling/scope.ts";

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
  const requests = ({ id, kind }: SourceConfig) => (isCheck(kind) ? 1 : found.get(id)!.targets.length);
  for (const { source, message, hint } of shortages(app.config, requests)) {
    // Named targets are in the configuration, without asking anyone.
    if (source.targets === undefined) found.get(source.id)!.errors.push(`${message}; ${hint}`);
  }
  return checked;
}

async function checkSource(app: App, source: SourceConfig, signal: AbortSignal): Promise<LiveSource> {
  const connection = connectionOf(app, source);
  const { id, kind } = source;
  const live: LiveSource = { source: id, kind, connection: connection.name, project: null, targets: [], errors: [] };
  try {
    live.project = await connection.projectId();
    if (source.probe) {
      live.targets = await askEndpoints(app, source, connection, signal);
      return live;
    }
    const targets = await findTargets(app, source, connection, live.project, signal);
    live.targets = targets.map(({ id, name, status }) => ({ id, name: name ?? null, status: status ?? null }));
    for (const target of isCheck(kind) ? [{ id }] : targets.slice(0, TRIED)) {
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
): Promise<readonly Target[]> {
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
  try {
    for await (const _batch of readOnce(app, source, connection, project, target, signal)) break;
    return undefined;
  } catch (error) {
    return explain(error, sourceKinds[source.kind].permissions.read, connection);
  }
}

/** How each endpoint answers now: one probe says. Throws where one cannot be asked. */
async function askEndpoints(
  app: App,
  source: SourceConfig,
  connection: Connection,
  signal: AbortSignal,
): Promise<LiveSource["targets"]> {
  const once = { ...source, probe: { ...source.probe!, failures: 1 } };
  const endpoints = await app.endpoints(source);
  const targets: LiveSource["targets"] = [];
  for await (const { found } of readOnce(app, once, connection, "", { id: source.id }, signal)) {
    for (const { event } of found) {
      const { type, message, resource } = event;
      targets.push({ id: resource.id, name: resource.name, status: type === "up" ? type : `${type}: ${message}` });
    }
  }
  const found = new Set(targets.map(({ id }) => id));
  for (const { target } of endpoints) {
    const { id, name = id } = target;
    if (!found.has(id)) targets.push({ id, name, status: "not known: it waited for other names" });
  }
  return targets;
}

function readOnce(
  app: App,
  source: SourceConfig,
  connection: Connection,
  project: string,
  target: Target,
  signal: AbortSignal,
): AsyncIterable<Batch> {
  const now = app.clock.now();
  const { id: sourceId, kind, lateness, every, levels, labels } = source;
  const stamp = { sourceId, connection: connection.name, project, region: connection.config.region, labels };
  const { client } = createMeter(connection.client, app.clock);
  const request = { client, target, cursor: undefined, floor: now - every, now, lastReadAt: undefined };
  const how = { lateness, every, levels, stamp, signal, scope: scopeOf(app, source), redact: app.redact };
  return app.sources[kind].read({ ...request, ...how });
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
