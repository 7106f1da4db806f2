// What rules could not do while their alerts went out all the same: templates and extractions that
// failed, counted by rule and field.
import type { App } from "../deps.ts";
import type { Change } from "../groups/transitions.ts";
import { RULE_FAILURES, type RuleFailuresRow, ruleFailuresKey } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";

interface Failure {
  rule: string;
  field: keyof RuleFailuresRow;
  error: string;
}

export interface RuleFailure extends Failure {
  count: number;
  /** ISO */
  lastAt: string;
}

/**
 * Counts the templates that failed as these alerts opened, and the extractions of these rules, one
 * for each time a rule is named.
 */
export async function noteFailures(
  app: App,
  unit: Unit,
  changes: readonly Change[],
  unextracted: readonly string[],
  now: number,
): Promise<void> {
  const failures: Failure[] = [
    ...unextracted.map((rule): Failure => ({ rule, field: "extract", error: "the pattern could not be run" })),
    ...changes.flatMap(({ rule, transitions }) =>
      transitions.flatMap(({ unrendered = [] }) => unrendered.map((one) => ({ rule: rule.config.id, ...one }))),
    ),
  ];
  await unit.load(failures.map(({ rule }) => ruleFailuresKey(rule)));
  for (const { rule, field, error } of failures) {
    const key = ruleFailuresKey(rule);
    const before = unit.value<RuleFailuresRow>(key);
    const row: RuleFailuresRow = {
      ...before,
      [field]: { count: (before?.[field]?.count ?? 0) + 1, lastAt: now, error: app.redact(error) },
    };
    unit.put(key, row, { expires: now + app.config.history });
  }
}

/** What failed of the rules that there are, within the last `history`. */
export async function listFailures(app: App): Promise<RuleFailure[]> {
  const rows = await app.store.list<RuleFailuresRow>(RULE_FAILURES);
  return rows.flatMap(({ sk: rule, data }) => {
    if (!app.rules.byId.has(rule)) return [];
    return Object.entries(data).map(([field, { count, lastAt, error }]): RuleFailure => {
      return { rule, field: field as Failure["field"], count, lastAt: new Date(lastAt).toISOString(), error };
    });
  });
}
