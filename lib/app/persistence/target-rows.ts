// Where the rows of targets lie: under a name that a project keeps, whatever its connections are called later.
import type { Config, SourceConfig } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import { identityOf } from "../../model/project.ts";
import type { Key, Store } from "../../store/port.ts";
import { META } from "./rows.ts";
import type { Transact } from "./unit.ts";

type Connections = Config["connections"];

/**
 * By its name: a hash of what tells the project from others, and its connections as they were configured last. The
 * name is that of the first connection it had: so releases without this row find the rows, too.
 */
export type ProjectsRow = Record<string, { of: string; connections: string[] }>;
const PROJECTS: Key = { pk: META, sk: "projects" };

/** From a connection's name to its project's. */
export interface ProjectNames {
  known: ReadonlyMap<string, string> | undefined;
}

interface Ports {
  config: Pick<Config, "connections">;
  store: Store;
  projectNames: ProjectNames;
}

/**
 * A target's cursor is its own: which source or connection of the project reads it may change, and
 * goes on where the other was.
 */
export async function targetPartition(ports: Ports, { kind, connection }: SourceConfig): Promise<string> {
  return `target/${kind}/${(await namesOf(ports)).get(connection) ?? ""}`;
}
export async function targetKey(ports: Ports, source: SourceConfig, target: string): Promise<Key> {
  return { pk: await targetPartition(ports, source), sk: target.toWellFormed() };
}

/** What is configured now has its names from here on. Writes where that changes something. */
export async function keepProjectNames(ports: Ports & { transact: Transact }): Promise<void> {
  const { config, store, transact, projectNames } = ports;
  let row = (await store.get<ProjectsRow>(PROJECTS))?.data ?? {};
  if (JSON.stringify(withNames(row, config.connections)) !== JSON.stringify(row)) {
    row = await transact(async (unit) => {
      await unit.load([PROJECTS]);
      const next = withNames(unit.value<ProjectsRow>(PROJECTS) ?? {}, config.connections);
      unit.put(PROJECTS, next);
      return next;
    });
  }
  projectNames.known = byConnection(row);
}

/** Who only looks asks once, and takes what is there. */
async function namesOf({ config, store, projectNames }: Ports): Promise<ReadonlyMap<string, string>> {
  if (projectNames.known === undefined) {
    const row = (await store.get<ProjectsRow>(PROJECTS))?.data ?? {};
    projectNames.known ??= byConnection(withNames(row, config.connections));
  }
  return projectNames.known;
}

function byConnection(row: ProjectsRow): ReadonlyMap<string, string> {
  return new Map(Object.entries(row).flatMap(([name, { connections }]) => connections.map((one) => [one, name])));
}

/** With a name for each project that is configured; the others keep theirs, should they come back. */
function withNames(row: ProjectsRow, connections: Connections): ProjectsRow {
  const projects = Map.groupBy(Object.keys(connections), (name) => hashOf([identityOf(name, connections[name]!)], 16));
  const next = new Map(Object.entries(row).map(([name, { of }]) => [name, { of, connections: [] as string[] }]));
  const left = new Map(Object.entries(row).filter(([, { of }]) => !projects.has(of)));
  for (const [of, own] of projects) {
    const same = Object.entries(row).find(([, before]) => before.of === of);
    // The same project by other words, such as its name in place of its id: a connection of it was there before.
    const reworded = [...left].find(([, before]) => before.connections.some((name) => own.includes(name)));
    const name = (same ?? reworded)?.[0] ?? freeName(next, own[0]!, of);
    left.delete(name);
    next.set(name, { of, connections: own });
  }
  return Object.fromEntries(next);
}

function freeName(taken: ReadonlyMap<string, unknown>, connection: string, of: string): string {
  let name = connection;
  while (taken.has(name)) name += `~${of}`;
  return name;
}
