// Reads records whose keys come from outside: a configuration's names, a target's id, a word of an API.

/**
 * What a record holds under the name. What every object has from birth, such as `constructor`, is
 * nothing that it holds.
 */
export function lookup<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** An object with the value of each maker under its name, which is made when it is first looked at. */
export function lateRecord<K extends string, T>(makers: Readonly<Record<K, () => T>>): Readonly<Record<K, T>> {
  const record = {} as Record<K, T>;
  for (const name of Object.keys(makers) as K[]) {
    Object.defineProperty(record, name, { get: makers[name], enumerable: true });
  }
  return record;
}

/** The same as a map, for names that come from outside. */
export function lateMap<T>(makers: Readonly<Record<string, () => T>>): ReadonlyMap<string, T> {
  const names = Object.keys(makers);
  const whole = () => new Map(names.map((name) => [name, makers[name]!()]));
  const has = (name: string) => Object.hasOwn(makers, name);
  return {
    size: names.length,
    has,
    get: (name) => (has(name) ? makers[name]!() : undefined),
    keys: () => new Set(names).keys(),
    values: () => whole().values(),
    entries: () => whole().entries(),
    forEach: (look) => whole().forEach(look),
    [Symbol.iterator]: () => whole()[Symbol.iterator](),
  };
}
