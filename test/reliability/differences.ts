// What was expected and what was found, as amounts by name.

/** Adds up by name; 1 each unless `amountOf` says otherwise. */
export function tally<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  amountOf: (item: T) => number = () => 1,
): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const item of items) amounts.set(nameOf(item), (amounts.get(nameOf(item)) ?? 0) + amountOf(item));
  return amounts;
}

/** A sentence for each name whose amounts differ. */
export function differences(
  what: string,
  expected: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
): string[] {
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].flatMap((name) => {
    const [wanted, got] = [expected.get(name) ?? 0, found.get(name) ?? 0];
    return wanted === got ? [] : [`${what}: ${name} is ${got}, not ${wanted}`];
  });
}
