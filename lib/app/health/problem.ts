// What a problem of Lookout itself is, and whether it is an alert yet.
import type { HealthProblem } from "../../model/own-alerts.ts";

/** Something that is wrong with Lookout itself. */
export interface Problem {
  problem: HealthProblem;
  /** The connection, source, `source/target`, channel or file. */
  name: string;
  message: string;
  connection: string | null;
  /** Only what lasts longer is an alert; ms, absent: it is one at once. */
  alertAt?: number;
}
