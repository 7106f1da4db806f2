// What the console is given.
import type { App } from "../app/deps.ts";
import type { Locate } from "../app/queries/explain-notifying.ts";
import type { Clock } from "../model/clock.ts";
import type { AccessOptions } from "./access.ts";
import type { Noise } from "./noise.ts";
import type { Watch } from "./open-alerts.ts";

export interface Console extends AccessOptions {
  /** As the newest configuration has it. */
  current(): App;
  /** Where things stand in the configuration's files. */
  locate: Locate;
  alerts: Watch;
  /** How much each rule says. */
  noise(): Promise<Noise[]>;
  /** By which readers wait: the machine's own. */
  clock: Clock;
  /** False where answers cannot last: pages then fetch themselves again now and then. Default: true. */
  pushes?: boolean;
  /** Ends streams when the process ends. */
  signal: AbortSignal;
}
