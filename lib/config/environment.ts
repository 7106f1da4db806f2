// The process's environment: the one place that reads it.
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of this process; read at each access, so that a test or a reload sees changes. */
export function processEnvironment(): Environment {
  return process.env;
}
