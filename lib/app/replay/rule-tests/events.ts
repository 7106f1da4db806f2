// The events of a rule test, whole: what the test leaves out is as its source would give it.
import { momentOf, startOf } from "../../../config/check/test-times.ts";
import type { Config, SourceConfig } from "../../../model/config.ts";
import type { Event } from "../../../model/event.ts";
import type { RuleTest, TestEvent } from "../../../model/files/test-file.ts";
import { hashOf } from "../../../model/hash.ts";
import { lookup } from "../../../model/lookup.ts";
import type { Level } from "../../../model/source-kinds.ts";
import { sourceKinds } from "../../../model/source-kinds.ts";

export interface FoundEvent {
  /** When it is found; ms. */
  at: number;
  event: Event;
}

/** By the time at which they are found; those of one moment by their own time, and as listed. */
export function eventsOf(config: Config, test: RuleTest): FoundEvent[] {
  const start = startOf(test);
  const found = test.events.flatMap((entry, index) =>
    Array.from({ length: entry.repeat ?? 1 }, (_, nth): FoundEvent => {
      const at = momentOf(entry.at, start) + nth * (entry.every ?? 0);
      return { at: at + entry.late * 1_000, event: eventOf(config, entry, at, [index, nth]) };
    }),
  );
  return found.sort((a, b) => a.at - b.at || Date.parse(a.event.time) - Date.parse(b.event.time));
}

/** `name` tells it from the test's other events. */
function eventOf(config: Config, entry: TestEvent, at: number, name: readonly number[]): Event {
  const source = sourceOf(config, entry);
  const connection = lookup(config.connections, entry.connection);
  const { type, id, name: shown } = entry.resource;
  const target = source?.targets?.find((target) => target.id === id);
  const words = wordsOf(entry);
  return {
    id: hashOf(["test", name, entry]),
    source: entry.source,
    sourceId: entry.sourceId ?? source?.id ?? entry.source,
    connection: entry.connection,
    project: entry.project ?? connection?.projectId ?? "test",
    region: entry.region ?? connection?.region ?? "test",
    time: new Date(at).toISOString(),
    ...words,
    reason: entry.reason ?? (sourceKinds[entry.source].reason === "type" ? words.type : null),
    count: entry.count,
    late: entry.late,
    message: entry.message,
    text: entry.message.toLowerCase(),
    resource: {
      type: type ?? sourceKinds[entry.source].resourceType,
      id,
      name: shown ?? target?.name ?? id,
    },
    labels: { ...source?.labels, ...target?.labels, ...entry.labels },
    data: entry.data,
  };
}

/** The source that it says or means: as far as nothing is said, the first of its kind. */
export function sourceOf(
  config: Config,
  { source, sourceId, connection }: Pick<TestEvent, "source" | "sourceId" | "connection">,
): SourceConfig | undefined {
  const ofKind = config.sources.filter(
    ({ kind, id }) => kind === source && (sourceId === undefined || id === sourceId),
  );
  return ofKind.find((one) => one.connection === connection) ?? ofKind[0];
}

/** The API's word and its level stand for each other; Cloud Eye's words do not say how bad a thing is. */
export function wordsOf({ source, type, level }: Pick<TestEvent, "source" | "type" | "level">): {
  level: Level;
  type: string;
} {
  const { words: closed, anyWord } = sourceKinds[source];
  const words = closed ?? [];
  const known = words.find((word) => word.type === type)?.level ?? "normal";
  const meant = level ?? known;
  const word = words.find((word) => word.level === meant)?.type ?? anyWord ?? meant;
  return { level: meant, type: type ?? word };
}
