// `check --live`: does each connection authenticate, may it do what its sources need, and which targets does it find?
// Stores nothing but what protects the credentials.
import { shortages } from "../../model/budget.ts";
import type { SourceConfig } from "../../model/config.ts";
import { isCheck, type SourceKind, sourceKinds } from "../../model/source-kinds.ts";
import { CloudError, type CloudErrorKind } from "../../sources/cloud/client.ts";
import type { Target } from "../../sources/port.ts";
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
  const now = app.clock.now();
  const { id: sourceId, lateness, every, levels, labels } = source;
  const stamp = { sourceId, connection: connection.name, project, region: connection.config.region, labels };
  const { client } = createMeter(connection.client, app.clock);
  const scope = { ...scopeOf(app, source), ...(source.probe && { probe: { ...source.probe, failures: 1 } }) };
  const request = { client, target, cursor: undefined, floor: now - every, now, lastReadAt: undefined, scope };
  try {
    const down: string[] = [];
    const batches = app.sources[source.kind].read({ ...request, lateness, every, levels, stamp, signal });
    for await (const { found } of batches) {
      if (source.probe === undefined) break;
      const failed = found.filter(({ event }) => event.level === "error");
      down.push(...failed.map(({ event: { type, message, resource } }) => `${resource.id} is ${type}: ${message}`));
    }
    return down.length === 0 ? undefined : down.join("; ");
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
