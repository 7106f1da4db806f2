// What stands for the connection of a source that has none: nothing of a cloud is asked for it.

import type { SourceConfig } from "../../model/config.ts";
import { CloudError } from "../../sources/cloud/client.ts";
import type { App, Connection } from "../deps.ts";

const NONE: Connection = {
  name: "",
  config: { cloud: "custom", region: "", workspaces: [], requestsPerSecond: 1 },
  client: {
    async request() {
      throw new CloudError("bad-request", "the source has no connection");
    },
  },
  projectId: async () => "",
};

export function connectionOf({ connections }: Pick<App, "connections">, { connection }: SourceConfig): Connection {
  return connections.get(connection) ?? NONE;
}
