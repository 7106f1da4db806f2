// Reads records whose keys come from outside: a configuration's names, a target's id, a word of an API.

/**
 * What a record holds under the name. What every object has from birth, such as `constructor`, is
 * nothing that it holds.
 */
export function lookup<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
