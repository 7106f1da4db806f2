// Which connections are about one project, with other credentials maybe.
import type { Config, ConnectionConfig } from "./config.ts";

type Connections = Config["connections"];

/** By connections as they are configured: a configuration does not change, and each request asks. */
const known = new WeakMap<Connections, Map<string, string>>();

/** The name of the first connection of the same project, which stands for all of them; empty where there is none. */
export function projectOf(connections: Connections, name: string): string {
  if (name === "") return "";
  const projects = known.get(connections) ?? projectsOf(connections);
  known.set(connections, projects);
  return projects.get(name)!;
}

function projectsOf(connections: Connections): Map<string, string> {
  const first = new Map<string, string>();
  const names = Object.entries(connections).map(([name, connection]): [string, string] => {
    const identity = identityOf(name, connection);
    const project = first.get(identity) ?? name;
    first.set(identity, project);
    return [name, project];
  });
  return new Map(names);
}

/** What tells its project from those of other connections. */
export function identityOf(name: string, { cloud, region, projectId, endpoints }: ConnectionConfig): string {
  // A name such as eu-de is a project of every account.
  return projectId === undefined ? name : JSON.stringify([cloud, region, projectId, endpoints]);
}
