// What a source watches that is one target by itself: whose of a list's rows are its own, and which endpoints it asks.
import type { SourceConfig } from "../../model/config.ts";
import { sourceKinds } from "../../model/source-kinds.ts";
import { isWanted } from "../../sources/discovery.ts";
import type { Scope } from "../../sources/port.ts";
import type { App } from "../deps.ts";
import { ownerOf } from "./owners.ts";

export function scopeOf(app: App, source: SourceConfig): Scope {
  const { config } = app;
  const entries = new Map(source.targets?.map((target) => [target.id, target]));
  const owner = sourceKinds[source.kind].api === null ? () => source : ownerOf(config, source);
  return {
    workspaces: config.connections[source.connection]?.workspaces ?? [],
    named: [...entries.keys()],
    pick(target, known) {
      const has = owner(target);
      if (has !== undefined && has.id !== source.id) return "elsewhere";
      // One that is watched may have come into a state since that nobody asks for.
      const stays = known && source.targets === undefined && isWanted(target, { name: source.discover?.name });
      if (has === undefined && !stays) return undefined;
      const { name = target.name, labels } = entries.get(target.id) ?? {};
      return { ...target, ...(name === undefined ? {} : { name }), ...(labels === undefined ? {} : { labels }) };
    },
    ...(source.probe === undefined ? {} : { probe: source.probe }),
    endpoints: () => app.endpoints(source),
  };
}
