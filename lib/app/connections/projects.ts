// Ids of projects that are configured by name, kept between processes so that an idle run need not look them up.
import type { Clock } from "../../model/clock.ts";
import type { ConnectionConfig } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import type { Log } from "../../model/log.ts";
import type { ProjectStore } from "../../sources/cloud/http.ts";
import type { Store } from "../../store/port.ts";
import { type ProjectRow, projectKey } from "../persistence/rows.ts";

/** After a day it is looked up again: a project may be made anew under its name. */
const KEPT_MS = 86_400_000;

/** `credentials` stands for those of the connection: another account may have a project of the same name. */
export function createProjectStore(
  { store, clock, log }: { store: Store; clock: Clock; log: Log },
  connection: string,
  { cloud, region, project, endpoints }: ConnectionConfig,
  credentials: string,
): ProjectStore {
  const key = projectKey(connection);
  const of = hashOf([cloud, region, project ?? null, endpoints ?? null, credentials]);
  return {
    async load() {
      const row = await store.get<ProjectRow>(key);
      return row?.data.of === of ? row.data.id : undefined;
    },
    async save(id) {
      try {
        const data: ProjectRow = { of, id };
        await store.commit([{ op: "put", ...key, data, expires: clock.now() + KEPT_MS }]);
      } catch (error) {
        log.warn("project id not kept", { connection, error: (error as Error).message });
      }
    },
  };
}
