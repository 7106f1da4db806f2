// The example configuration turned to the simulated cloud: same rules, routes and channels, but no
// account and nobody disturbed.
import type { Config, RouteConfig, SourceConfig } from "../model/config.ts";
import type { Receiver } from "../simulator/receiver.ts";
import type { Simulator } from "../simulator/server.ts";

const EVERY_MS = 2_000;
/** A day passes in minutes here, so groups speak again sooner than in life. */
const GROUP_INTERVAL_MS = 10_000;
const REPEAT_INTERVAL_MS = 120_000;

/** The variables that the example's secret references name: the simulated credentials, and the receiver's addresses. */
export function demoEnvironment(simulator: Simulator, receiver: Receiver): Record<string, string> {
  const { accessKey, secretKey } = simulator.credentials;
  return { HW_ACCESS_KEY: accessKey, HW_SECRET_KEY: secretKey, CHAT_URL: receiver.urlFor("slack") };
}

export function demoConfig(config: Config, simulator: Simulator): Config {
  const { url, credentials } = simulator;
  const endpoints = { modelarts: url, ces: url, iam: url };
  const connections = Object.entries(config.connections).map(([name, connection]) => {
    return [name, { ...connection, projectId: credentials.projectId, endpoints }] as const;
  });
  return {
    ...config,
    connections: Object.fromEntries(connections),
    sources: config.sources.map((source) => ({ ...turned(source, url), every: EVERY_MS })),
    route: hastened(config.route),
  };
}

/** Endpoints are asked where the simulated services have theirs. */
function turned(source: SourceConfig, url: string): SourceConfig {
  const targets = source.targets?.map(({ endpoint, ...target }) => {
    const { pathname } = new URL(endpoint?.url ?? url);
    return { ...target, ...(endpoint && { endpoint: { ...endpoint, url: new URL(pathname, url).href } }) };
  });
  return { ...source, targets };
}

function hastened(route: RouteConfig): RouteConfig {
  return {
    ...route,
    groupInterval: GROUP_INTERVAL_MS,
    repeatInterval: REPEAT_INTERVAL_MS,
    routes: route.routes.map(hastened),
  };
}
