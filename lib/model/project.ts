// Which connections are about one project, with other credentials maybe.
import type { Config, ConnectionConfig } from "./config.ts";

/** The name of the first connection of the same project, which stands for all of them; empty where there is none. */
export function projectOf(connections: Config["connections"], name: string): string {
  if (name === "") return "";
  const wanted = identityOf(name, connections[name]!);
  return Object.entries(connections).find(([other, connection]) => identityOf(other, connection) === wanted)![0];
}

function identityOf(name: string, { cloud, region, projectId, endpoints }: ConnectionConfig): string {
  // A name such as eu-de is a project of every account.
  return projectId === undefined ? name : JSON.stringify([cloud, region, projectId, endpoints]);
}
