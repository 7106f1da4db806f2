// Where a connection's APIs live: by cloud and region, unless the configuration says otherwise.
import type { ConnectionConfig } from "../../model/config.ts";
import { CloudError } from "./client.ts";

export type EndpointName = "modelarts" | "ces" | "iam";

/**
 * The origin (and path, if any) of one API without a trailing slash; throws CloudError when a custom cloud names none.
 */
export function endpointOf(
  connection: Pick<ConnectionConfig, "cloud" | "region" | "endpoints">,
  name: EndpointName,
): string {
  const given = connection.endpoints?.[name];
  if (given !== undefined) return given.replace(/\/+$/, "");
  const { cloud, region } = connection;
  if (cloud === "otc") return `https://${name}.${region}.otc.t-systems.com`;
  if (cloud === "huaweicloud") return `https://${name}.${region}.${huaweiDomain(name, region)}`;
  throw new CloudError(
    "bad-request",
    `a connection with cloud: custom has no endpoint for ${name}: set endpoints.${name}`,
  );
}

/** The vendor's SDK lists Hong Kong's ModelArts under .cn; its European regions are served from .eu. */
function huaweiDomain(name: EndpointName, region: string): string {
  if (name === "modelarts" && region === "ap-southeast-1") return "myhuaweicloud.cn";
  return region.startsWith("eu-") ? "myhuaweicloud.eu" : "myhuaweicloud.com";
}
