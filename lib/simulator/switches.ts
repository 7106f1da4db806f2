// Where the documents leave a choice or the cloud misbehaves: what the simulated one does. The
// defaults are the documented behaviour.

export type RouteName =
  | "service-events"
  | "service-updates"
  | "pool-events"
  | "training-events"
  | "cloud-eye-events"
  | "cloud-eye-event"
  | "services"
  | "pools"
  | "training-jobs"
  | "inference"
  | "tokens"
  | "projects";

export interface Switches {
  /** What `offset` counts where the documents call it a start page: service events and the list of services. */
  serviceOffset: "page" | "record";
  /** What `offset` counts in the search for training jobs ("number of pages"). */
  jobOffset: "page" | "record";
  /** What `start` counts at Cloud Eye ("start value of pagination"; newer documents say page number). */
  cloudEyeStart: "record" | "page";
  /** How pool events go on: by `metadata.continue`, or by `offset` with a `total`. */
  poolPaging: "continue" | "offset";
  /** The unit of `since` and `until`. */
  poolTime: "s" | "ms";
  /** Whether an item exactly on a bound of the asked window is in it. */
  bounds: "inclusive" | "exclusive";
  /** Some regions do not serve the details of a Cloud Eye event. */
  cloudEyeDetail: "present" | "absent";
  /** How long a token is good. ms */
  tokenLife: number;
  /** Calls for which the permission is missing. */
  forbidden: readonly RouteName[];
  /** The scenario's events appear up to `upTo` ms after their time, with this chance. */
  late: { chance: number; upTo: number };
  /** The chance that an event of the scenario happens twice, equal in every field. */
  twins: number;
  /** Whether repeated pool events grow their `count` in place, or come as new ones. */
  poolGrowth: boolean;
  /** Whether an update log is shown as RUNNING before its result is known. */
  updateRunning: boolean;
}

export const DOCUMENTED: Switches = {
  serviceOffset: "page",
  jobOffset: "page",
  cloudEyeStart: "record",
  poolPaging: "continue",
  poolTime: "s",
  bounds: "inclusive",
  cloudEyeDetail: "present",
  tokenLife: 24 * 3_600_000,
  forbidden: [],
  late: { chance: 0, upTo: 0 },
  twins: 0,
  poolGrowth: true,
  updateRunning: true,
};
