// What this process has done so far, counted: for metrics, never for decisions.

/** What is counted, and by which labels. */
export interface Counted {
  polls: { source: string; outcome: "complete" | "incomplete" };
  events: { source: string; level: string };
  /** Those that opened. */
  alerts: { severity: string };
  notifications: { channel: string; outcome: "delivered" | "retry" | "permanent" };
  /** `status`: ok, or the kind of the error. */
  requests: { connection: string; api: string; status: string };
  store: { operation: string };
  storeSeconds: { operation: string };
}
export type CountedName = keyof Counted;

export interface Counters {
  count<Name extends CountedName>(name: Name, labels: Counted[Name], by?: number): void;
  /** Every combination of labels that was counted, with how much. */
  counts<Name extends CountedName>(name: Name): Iterable<[labels: Counted[Name], count: number]>;
}

export function createCounters(): Counters {
  const all = new Map<CountedName, Map<string, [labels: object, count: number]>>();
  return {
    count(name, labels, by = 1) {
      const counts = all.get(name) ?? new Map();
      all.set(name, counts);
      const key = JSON.stringify(labels);
      const known = counts.get(key);
      if (known === undefined) counts.set(key, [labels, by]);
      else known[1] += by;
    },
    counts: (name) => (all.get(name)?.values() ?? []) as never,
  };
}
