// Whether field tests can hold together: values taken from two different elements of one array may not be combined.
import type { Elements } from "./event-fields.ts";

/** How one field test relates to the event's array elements (numbers as in Elements, 0 is outside all arrays). */
export interface Requirement {
  /** The elements that hold a value which passes the test. */
  matched: ReadonlySet<number>;
  /** For a test that also accepts absence: the elements that hold any value of the field. */
  present: ReadonlySet<number> | undefined;
}

/** The element chosen in each array so far. */
type Choice = ReadonlyMap<number, number>;

/** Steps for each element and requirement after which the answer is no; arrays on paths of their own need a few. */
const MAX_STEPS = 50;

/**
 * Whether one element can be chosen in each array so that every requirement is met, in order: an absence is judged by
 * the choices of the requirements before it, as in the public event-ruler library. Choices that can no longer matter
 * are forgotten and none is tried twice, which keeps the work linear in the number of elements; only keys with dots
 * that put several arrays on one path can defeat that.
 */
export function canHoldTogether(requirements: readonly Requirement[], elements: Elements): boolean {
  const lastUse = lastUses(requirements, elements);
  const indexed = requirements.map(({ matched, present }) => ({
    matched: indexElements(matched, elements),
    present: present && indexElements(present, elements),
  }));
  const tried = new Set<string>();
  let steps = MAX_STEPS * elements.parent.length * requirements.length;

  function meet(index: number, choice: Choice): boolean {
    const requirement = indexed[index];
    if (steps < 0) return false;
    if (requirement === undefined) return true;
    const name = `${index}:${[...choice.values()].sort((a, b) => a - b)}`;
    if (tried.has(name)) return false;
    tried.add(name);
    const { matched, present } = requirement;
    if (present && !candidates(present, choice).some((element) => extend(choice, element) !== undefined)) {
      if (meet(index + 1, forget(choice, index))) return true;
    }
    return candidates(matched, choice).some((element) => {
      const extended = extend(choice, element);
      return extended !== undefined && meet(index + 1, forget(extended, index));
    });
  }
  function extend(choice: Choice, element: number): Choice | undefined {
    return --steps < 0 ? undefined : combine(choice, element, elements);
  }
  function forget(choice: Choice, index: number): Choice {
    return new Map([...choice].filter(([array]) => (lastUse.get(array) as number) > index));
  }
  return meet(0, new Map());
}

/** For each array, the last requirement that looks into it. */
function lastUses(requirements: readonly Requirement[], { parent, array }: Elements): Map<number, number> {
  const lastUse = new Map<number, number>();
  for (const [index, { matched, present }] of requirements.entries()) {
    for (const element of [...matched, ...(present ?? [])]) {
      for (let at = element; at !== 0 && lastUse.get(array[at] as number) !== index; at = parent[at] as number) {
        lastUse.set(array[at] as number, index);
      }
    }
  }
  return lastUse;
}

interface ElementIndex {
  all: readonly number[];
  /** Elements by each element around them, themselves included. */
  within: ReadonlyMap<number, number[]>;
  /** How many of `all` lie in each array. */
  inArray: ReadonlyMap<number, number>;
}

function indexElements(of: ReadonlySet<number>, { parent, array }: Elements): ElementIndex {
  const within = new Map<number, number[]>();
  const inArray = new Map<number, number>();
  for (const element of of) {
    for (let at = element; at !== 0; at = parent[at] as number) {
      const known = within.get(at);
      if (known === undefined) within.set(at, [element]);
      else known.push(element);
      inArray.set(array[at] as number, (inArray.get(array[at] as number) ?? 0) + 1);
    }
  }
  return { all: [...of], within, inArray };
}

/**
 * The elements that may agree with the choice: all of them, or, where all lie in a chosen array, those in its element.
 */
function candidates(index: ElementIndex, choice: Choice): readonly number[] {
  let fewest = index.all;
  for (const [array, element] of choice) {
    if (index.inArray.get(array) !== index.all.length) continue;
    const here = index.within.get(element) ?? [];
    if (here.length < fewest.length) fewest = here;
  }
  return fewest;
}

/** The choice with the elements around `element` added; undefined where another element of an array is chosen. */
function combine(choice: Choice, element: number, { parent, array }: Elements): Choice | undefined {
  if (element === 0) return choice;
  const combined = new Map(choice);
  for (let at = element; at !== 0; at = parent[at] as number) {
    const chosen = combined.get(array[at] as number);
    if (chosen !== undefined && chosen !== at) return undefined;
    combined.set(array[at] as number, at);
  }
  return combined;
}
