// Every source there is, by kind. Built code loads one when it is first asked for (scripts/at-need.ts).
import { lateRecord } from "../model/lookup.ts";
import type { SourceKind } from "../model/source-kinds.ts";
import { http } from "./checks/http.ts";
import { jobStatus, poolStatus, serviceStatus } from "./checks/status.ts";
import { cloudEyeEvents } from "./cloud-eye-events/cloud-eye-events.ts";
import { poolEvents } from "./pool-events/pool-events.ts";
import type { Source } from "./port.ts";
import { serviceEvents } from "./service-events.ts";
import { serviceUpdates } from "./service-updates/service-updates.ts";
import { trainingEvents } from "./training-events.ts";

export const sources: Readonly<Record<SourceKind, Source>> = lateRecord({
  "service-events": () => serviceEvents,
  "pool-events": () => poolEvents,
  "service-updates": () => serviceUpdates,
  "training-events": () => trainingEvents,
  "cloud-eye-events": () => cloudEyeEvents,
  "service-status": () => serviceStatus,
  "pool-status": () => poolStatus,
  "job-status": () => jobStatus,
  http: () => http,
});
