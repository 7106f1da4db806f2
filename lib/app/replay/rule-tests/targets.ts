// The targets of a rule test: those that it names, and those that its events are about.
import type { Config, SourceConfig } from "../../../model/config.ts";
import type { Event } from "../../../model/event.ts";
import type { RuleTest } from "../../../model/files/test-file.ts";
import { isProjectWide } from "../../../model/source-kinds.ts";
import type { Target } from "../../../sources/port.ts";
import { sourceOf } from "./events.ts";

/** A target, by what its events say of it. */
export type TestedTarget = Pick<Event, "source" | "sourceId" | "connection"> & {
  target: Target;
  /** As the test says it; undefined: it is there to the end. */
  ends?: string | undefined;
};

/** Each once. Cloud Eye's target is the project, whatever its events are about. */
export function targetsOf(config: Config, { targets }: RuleTest, events: readonly Event[]): TestedTarget[] {
  const named = targets.map((entry): TestedTarget => {
    const { source, connection, id, name, labels, ends } = entry;
    const target = { id, ...(name === undefined ? {} : { name }), ...(labels === undefined ? {} : { labels }) };
    return { source, sourceId: entry.sourceId ?? sourceOf(config, entry)?.id ?? source, connection, target, ends };
  });
  const seen = events
    .filter(({ source }) => !isProjectWide(source))
    .map(({ source, sourceId, connection, resource: { id, name }, labels }): TestedTarget => {
      return { source, sourceId, connection, target: { id, name, labels } };
    });
  const nameOf = ({ sourceId, connection, target }: TestedTarget) => JSON.stringify([sourceId, connection, target.id]);
  // Those that are named come last: they count.
  return [...new Map([...seen, ...named].map((one) => [nameOf(one), one])).values()];
}

/** The same with their sources, of a configuration that has one for each. */
export function watchedTargets(
  config: Config,
  tested: readonly TestedTarget[],
): { source: SourceConfig; target: Target; ends: string | undefined }[] {
  return tested.flatMap(({ source: kind, sourceId, connection, target, ends }) => {
    const source = config.sources.find(
      (one) => one.kind === kind && one.id === sourceId && one.connection === connection,
    );
    return source ? [{ source, target, ends }] : [];
  });
}
