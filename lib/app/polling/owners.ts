// Which source a discovered target belongs to: a target has one source of its kind, the first of
// those that would have it.
import type { Config, SourceConfig } from "../../model/config.ts";
import { projectOf } from "../../model/project.ts";
import { isWanted } from "../../sources/discovery.ts";
import type { Target } from "../../sources/port.ts";
import type { Discovered } from "../deps.ts";

/** Divides what was found for a source. A source that names a target has it before those that would discover it. */
export function divide({ sources, connections }: Config, source: SourceConfig, found: readonly Target[]): Discovered {
  const project = projectOf(connections, source.connection);
  const same = sources.filter((one) => one.kind === source.kind && projectOf(connections, one.connection) === project);
  const owner = (target: Target) =>
    same.find(({ targets }) => targets?.some(({ id }) => id === target.id)) ??
    same.find(
      (one) => one.targets === undefined && isListed(connections, one, target) && isWanted(target, one.discover),
    );
  const own: Target[] = [];
  const elsewhere = new Set<string>();
  for (const target of found) {
    const has = owner(target);
    if (has?.id === source.id) own.push(target);
    else if (has) elsewhere.add(target.id);
  }
  return { own, elsewhere };
}

function isListed(connections: Config["connections"], { connection }: SourceConfig, { workspace }: Target): boolean {
  return workspace === undefined || connections[connection]!.workspaces.includes(workspace);
}
