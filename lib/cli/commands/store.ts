// `lookout store copy`: moves the state from one store to another, as from a file to a database.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { wallClock } from "../../app/clock.ts";
import { copyState } from "../../app/persistence/copy-state.ts";
import { processIdentity } from "../../local/identity.ts";
import type { Store } from "../../store/port.ts";
import { DONE, type Io, jsonDocument, UsageError, WRONG } from "../io.ts";
import { openStore, readConfig } from "../open.ts";

export interface StoreCopyOptions {
  /** Each an SQLite file, or a configuration whose store it is. */
  from: string;
  to: string;
  json?: boolean;
}

/** Exit 1: a damaged row was left out. */
export async function storeCopyCommand(io: Io, { from, to, json }: StoreCopyOptions): Promise<number> {
  if (!existsSync(from)) throw new UsageError(`there is no ${from}: --from names a state file or a configuration`);
  const { store: source, every } = await openNamed(io, from);
  try {
    const { store: target } = await openNamed(io, to);
    try {
      const { isGone } = source.peers?.identity() ?? processIdentity();
      const { rows, damaged } = await copyState({ from: source, to: target, clock: wallClock, isGone, every });
      if (json) jsonDocument(io, { rows, damaged });
      else io.out(`Copied ${rows} ${rows === 1 ? "row" : "rows"} from ${from} to ${to}.\n`);
      for (const { pk, sk } of damaged) io.err(`lookout: row ${pk} ${sk} is damaged and was left out\n`);
      return damaged.length === 0 ? DONE : WRONG;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Addresses of databases stand in configurations: a command line is seen by everybody on the machine. */
async function openNamed(io: Io, name: string): Promise<Named> {
  if (/\.ya?ml$/.test(name)) {
    const opened = await readConfig(name, io.redactor);
    const sources = new Map(opened.config.sources.map(({ id, every }) => [id, every]));
    return { store: await openStore(io, opened, undefined), every: (source) => sources.get(source) };
  }
  if (name.includes("://")) {
    throw new UsageError("a command line is no place for an address: name a configuration (*.yml) with that store");
  }
  const nothing = { resolve: async (text: string) => text };
  const file = { config: { store: { type: "sqlite" as const, path: resolve(name) } }, secrets: nothing };
  // Who polls with a file holds leases, or is a single round.
  return { store: await openStore(io, file, undefined), every: () => undefined };
}

interface Named {
  store: Store;
  /** How often a source is polled, ms, where that is known. */
  every(source: string): number | undefined;
}
