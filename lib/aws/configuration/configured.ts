// The configuration of one container: the packaged one, or what is at the place that LOOKOUT_CONFIG names, asked for
// anew each minute. One that is invalid is refused there, and the old one runs on.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Problem } from "../../app/health/problem.ts";
import { Superseded } from "../../app/persistence/superseded.ts";
import type { Environment } from "../../config/environment.ts";
import type { Clock } from "../../model/clock.ts";
import type { Config } from "../../model/config.ts";
import type { Log } from "../../model/log.ts";
import type { Redactor } from "../../model/redactor.ts";
import type { Store } from "../../store/port.ts";
import { builtAt } from "../build.ts";
import { type NewestOptions, newer, newest, type Running } from "./newest.ts";
import { openOrigin } from "./open.ts";
import { remotePlaceOf } from "./place.ts";
import { Refused } from "./refused.ts";

/** Where the package has its own, whatever LOOKOUT_CONFIG names (scripts/bundle.ts). */
const PACKAGED = ".build/lookout.json";
/** A place is asked no more often: once in each beat of the schedules, which are never exact; ms. */
const ASK_MS = 55_000;

/** The packaged configuration and where it lies. */
export interface Packaged extends Running {
  path: string;
}

export interface Configured {
  running: Running;
  /**
   * True where another configuration is to be run from now on: the application has to be opened anew. Throws Superseded
   * where another container has just taken over one that this one was not served.
   */
  renew(): Promise<boolean>;
  /** What is wrong with what is at the place. */
  problems(): Problem[];
}

export interface ConfiguredOptions {
  store: Store;
  env: Environment;
  clock: Clock;
  redactor: Redactor;
  log: Log;
}

/** LOOKOUT_CONFIG is its path, unless it names a place elsewhere. Throws Error where there is no such file. */
export async function packagedConfig(env: Environment, clock: Clock): Promise<Packaged> {
  const given = env["LOOKOUT_CONFIG"] ?? PACKAGED;
  const path = remotePlaceOf(given) ? PACKAGED : given;
  const config = JSON.parse(await readFile(path, "utf8")) as Config;
  return { path, config: { ...config, file: path }, stamp: builtAt() ?? clock.now() };
}

export async function openConfigured(packaged: Packaged, options: ConfiguredOptions): Promise<Configured> {
  const name = options.env["LOOKOUT_CONFIG"] ?? "";
  const place = remotePlaceOf(name);
  if (place === undefined) return { running: packaged, renew: async () => false, problems: () => [] };
  const { store, env, clock, redactor, log } = options;
  const checking = { name, packsDir: join(dirname(packaged.path), "packs"), env, clock, redactor };
  const from: NewestOptions = {
    place: name,
    origin: await openOrigin(place, { place: name, store, clock }),
    store,
    packaged,
    check: async (text) => (await import("./check.ts")).checkText(text, checking),
  };
  const running = await newest(from);
  let askedAt = clock.now();
  /** `unread`: why the place could not be asked the last time. */
  let { refused, unread } = running;
  if (refused !== undefined) log.warn("configuration refused; another one runs", { place: name, refused });
  if (unread !== undefined) log.warn("configuration not read; the one before runs", { place: name, unread });

  return {
    running,
    async renew() {
      if (clock.now() - askedAt < ASK_MS) return false;
      askedAt = clock.now();
      try {
        const found = await newer(from);
        unread = undefined;
        if (found === undefined) return false;
        log.info("configuration changed", { place: name });
        return true;
      } catch (error) {
        if (error instanceof Superseded) throw error;
        const { message } = error as Error;
        if (error instanceof Refused) refused = message;
        else unread = message;
        log.warn("configuration refused; the old one runs on", { place: name, error: message });
        return false;
      }
    },
    problems() {
      const problem = "configuration refused";
      const said = [refused && `was refused, the old one runs on: ${refused}`, unread && `cannot be read: ${unread}`];
      return said.flatMap((text) =>
        text ? [{ problem, name, message: `The configuration ${name} ${text}`, connection: null }] : [],
      );
    },
  };
}
