// Which source a discovered target belongs to: a target has one source of its kind, the first of
// those that would have it.
import type { Config, SourceConfig } from "../../model/config.ts";
import { projectOf } from "../../model/project.ts";
import { isWanted } from "../../sources/discovery.ts";
import type { Target } from "../../sources/port.ts";
import type { Discovered } from "../deps.ts";

/** Divides what was found for a source. */
export function divide(config: Config, source: SourceConfig, found: readonly Target[]): Discovered {
  const owner = ownerOf(config, source);
  const own: Target[] = [];
  const elsewhere = new Set<string>();
  for (const target of found) {
    const has = owner(target);
    if (has?.id === source.id) own.push(target);
    else if (has) elsewhere.add(target.id);
  }
  return { own, elsewhere };
}

/**
 * Which source of the same kind and project a target belongs to. One that names it has it before those that would
 * discover it.
 */
export function ownerOf(
  { sources, connections }: Config,
  source: SourceConfig,
): (target: Target) => SourceConfig | undefined {
  const project = projectOf(connections, source.connection);
  const same = sources.filter((one) => one.kind === source.kind && projectOf(connections, one.connection) === project);
  return (target) =>
    same.find(({ targets }) => targets?.some(({ id }) => id === target.id)) ??
    same.find(
      (one) => one.targets === undefined && isListed(connections, one, target) && isWanted(target, one.discover),
    );
}

function isListed(connections: Config["connections"], { connection }: SourceConfig, { workspace }: Target): boolean {
  return workspace === undefined || connections[connection]!.workspaces.includes(workspace);
}
