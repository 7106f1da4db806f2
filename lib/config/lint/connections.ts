// Finds connections whose region or project id the cloud would not know, or whose budget is too small for their named
// targets. Findings and no errors: clouds grow.
import { shortages } from "../../model/budget.ts";
import type { Config, ConnectionConfig } from "../../model/config.ts";
import { isProjectWide, sourceKinds } from "../../model/source-kinds.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import { didYouMean, nearest } from "../document/words.ts";
import type { Places } from "../load/load.ts";

/**
 * Regions of ModelArts or Cloud Eye, as the vendors' SDKs and documents list them:
 * https://github.com/huaweicloud/huaweicloud-sdk-go-v3 (services/modelarts/v1/region, services/ces/v1/region),
 * https://docs.otc.t-systems.com/regions-and-endpoints/index.html
 */
const REGIONS = {
  otc: ["eu-de", "eu-nl"],
  huaweicloud: [
    ...["cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-north-11", "cn-north-12", "cn-south-1"],
    ...["cn-east-2", "cn-east-3", "cn-east-4", "cn-southwest-2", "cn-southwest-3"],
    ...["ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4"],
    ...["af-north-1", "af-south-1", "eu-west-101", "me-east-1", "tr-west-1"],
    ...["la-north-2", "la-south-2", "na-mexico-1", "sa-brazil-1"],
  ],
};

const PROJECT_ID = /^[0-9a-f]{32}$/i;

export function lintConnections(config: Config, places: Places): Finding[] {
  return Object.entries(config.connections).flatMap(([name, connection]): Finding[] => {
    const { cloud } = connection;
    // Whoever names the endpoints may have a cloud of their own behind them.
    if (cloud === "custom" || namesEndpoints(config, name, connection)) return [];
    return [...lintRegion(name, cloud, connection.region, places), ...lintProject(name, connection, places)];
  });
}

/** Whether the configuration names every endpoint that the connection needs. */
function namesEndpoints({ sources }: Config, name: string, { auth, project, endpoints }: ConnectionConfig): boolean {
  const kinds = sources.filter(({ connection }) => connection === name).map(({ kind }) => kind);
  const iam = project !== undefined || (auth !== undefined && "password" in auth);
  return (
    kinds.every((kind) => endpoints?.[sourceKinds[kind].api ?? "modelarts"] !== undefined) &&
    (!iam || endpoints?.iam !== undefined) &&
    endpoints !== undefined
  );
}

function lintRegion(name: string, cloud: keyof typeof REGIONS, region: string, places: Places): Finding[] {
  const known = REGIONS[cloud];
  if (known.includes(region)) return [];
  const place = ["connections", name, "region"];
  const near = nearest(region, known);
  const hint = near === undefined ? `known are ${known.join(", ")}.` : didYouMean(near);
  const message = `"${region}" is no region known of cloud ${cloud}`;
  return [findingAt(places.locate(place), place, message, `${hint} For a newer one, set endpoints`)];
}

function lintProject(name: string, { cloud, projectId }: ConnectionConfig, places: Places): Finding[] {
  if (projectId === undefined || PROJECT_ID.test(projectId)) return [];
  const place = ["connections", name, "projectId"];
  const message = `"projectId" is not 32 hexadecimal digits, as project ids of cloud ${cloud} are`;
  const hint = 'copy it from the console, "My Credentials", "Projects"; a project\'s name goes into project';
  return [findingAt(places.locate(place), place, message, hint)];
}

/** What is discovered is counted by `check --live`. */
export function lintBudgets(config: Config, places: Places): Finding[] {
  const named = shortages(config, ({ kind, targets }) => (isProjectWide(kind) ? 1 : (targets?.length ?? 0)));
  return named.map(({ source, message, hint }) => {
    const all = ["sources", config.sources.indexOf(source)];
    const place = places.has([...all, "targets"]) ? [...all, "targets"] : all;
    return findingAt(places.locate(place), place, message, hint);
  });
}
