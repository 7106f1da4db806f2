// The table of kinds: how each is made of a rule, and what the rule's state depends on.
import type { Pattern, RuleConfig } from "../../model/config.ts";
import { absence } from "./absence.ts";
import { change } from "./change.ts";
import { expect } from "./expect.ts";
import { newValue } from "./new-value.ts";
import { occurrence } from "./occurrence.ts";
import type { Kind } from "./port.ts";
import { sequence } from "./sequence.ts";
import { spike } from "./spike.ts";
import { distinct, threshold } from "./windowed.ts";

/** How long the last value of a key that shows no more is kept for `change`: some change every few months. ms */
const VALUE_MS = 365 * 86_400_000;
/** After this its key makes room for another, where the rule keeps as many as it may; ms. */
const SPARED_MS = 30 * 86_400_000;

interface KindEntry<Options> {
  make(options: Options): Kind;
  /** It ends its alerts itself, also without `resolve`. */
  ends?: true;
  /** The patterns of what is to follow a match, in turn. */
  follows?(options: Options): readonly Pattern[];
  /** What of its settings gives its state another meaning: a rule in which that changes starts anew. */
  meaning?(options: Options): unknown;
  /** How long after its last event a state may still matter, beyond what is late; ms. */
  memory?(options: Options): number;
  /** How long after its last event a key never makes room for another; default: as long as it is kept. ms */
  spared?(options: Options): number;
}

type Options<Name extends keyof RuleConfig> = NonNullable<RuleConfig[Name]>;
type KindName = "threshold" | "absence" | "expect" | "sequence" | "distinct" | "change" | "newValue" | "spike";

const KINDS: { [Name in KindName]: KindEntry<Options<Name>> } = {
  threshold: { make: threshold, ends: true, memory: ({ within }) => within },
  absence: { make: absence, ends: true },
  expect: {
    make: expect,
    ends: true,
    follows: ({ when }) => [when],
    meaning: ({ when }) => when,
    memory: ({ within }) => within,
  },
  sequence: {
    make: sequence,
    follows: ({ then }) => then,
    meaning: ({ then }) => then,
    memory: ({ within }) => within,
  },
  // In a list, since its state had another form before.
  distinct: { make: distinct, ends: true, meaning: ({ field }) => [field], memory: ({ within }) => within },
  change: { make: change, meaning: ({ field }) => field, memory: () => VALUE_MS, spared: () => SPARED_MS },
  newValue: { make: newValue, meaning: ({ field }) => field, memory: ({ memory }) => memory },
  spike: { make: spike, memory: ({ window }) => 2 * window },
};

/** A rule's kind, ready to run. */
export interface KindOf {
  kind: Kind;
  ends: boolean;
  follows: readonly Pattern[];
  meaning: unknown[];
  memory: number;
  spared: number;
}

/** Of a rule that names no kind each match is an occurrence. */
export function kindOf(config: RuleConfig): KindOf {
  const name = (Object.keys(KINDS) as KindName[]).find((one) => config[one] !== undefined);
  if (name === undefined)
    return { kind: occurrence(), ends: false, follows: [], meaning: ["match"], memory: 0, spared: 0 };
  const { make, ends = false, follows, meaning, memory, spared } = KINDS[name] as KindEntry<unknown>;
  const options = config[name];
  return {
    kind: make(options),
    ends,
    follows: follows?.(options) ?? [],
    meaning: meaning ? [name, meaning(options)] : [name],
    memory: memory?.(options) ?? 0,
    spared: (spared ?? memory)?.(options) ?? 0,
  };
}
