// The simulated calls: which method and path is answered by what, and in whose style it refuses.
import type { Handler } from "./apis/call.ts";
import { listCloudEyeEvents, showCloudEyeEvent } from "./apis/cloud-eye.ts";
import { createToken, listProjects } from "./apis/iam.ts";
import { checkInference } from "./apis/inference.ts";
import { createPoolEvents, listPools } from "./apis/pools.ts";
import { listServiceEvents, listServices, listServiceUpdates } from "./apis/services.ts";
import { listTrainingEvents, searchTrainingJobs } from "./apis/training.ts";
import type { ApiStyle } from "./refusal.ts";
import type { RouteName } from "./switches.ts";

export interface Route {
  name: RouteName;
  method: "GET" | "POST";
  /** As the documents write it. */
  path: string;
  style: ApiStyle;
  handler: Handler;
}

export function createRoutes(): Route[] {
  return [
    modelarts("services", "GET", "/v1/{project_id}/services", listServices),
    modelarts("service-events", "GET", "/v1/{project_id}/services/{service_id}/events", listServiceEvents),
    modelarts("service-updates", "GET", "/v1/{project_id}/services/{service_id}/logs", listServiceUpdates),
    modelarts("pools", "GET", "/v2/{project_id}/pools", listPools),
    modelarts("pool-events", "GET", "/v1/{project_id}/events", createPoolEvents()),
    modelarts("training-jobs", "POST", "/v2/{project_id}/training-job-searches", searchTrainingJobs),
    modelarts("training-events", "GET", "/v2/{project_id}/training-jobs/{training_job_id}/events", listTrainingEvents),
    modelarts("inference", "GET", "/v1/infers/{service_id}/health", checkInference),
    {
      name: "cloud-eye-events",
      method: "GET",
      path: "/V1.0/{project_id}/events",
      style: "ces",
      handler: listCloudEyeEvents,
    },
    {
      name: "cloud-eye-event",
      method: "GET",
      path: "/V1.0/{project_id}/event/{event_name}",
      style: "ces",
      handler: showCloudEyeEvent,
    },
    { name: "tokens", method: "POST", path: "/v3/auth/tokens", style: "iam", handler: createToken },
    { name: "projects", method: "GET", path: "/v3/projects", style: "iam", handler: listProjects },
  ];
}

function modelarts(name: RouteName, method: "GET" | "POST", path: string, handler: Handler): Route {
  return { name, method, path, style: "modelarts", handler };
}

/** The route of a request and the values in its path; undefined when there is none. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  pathname: string,
): { route: Route; params: Record<string, string> } | undefined {
  for (const route of routes) {
    const params = route.method === method ? paramsOf(route.path, pathname) : undefined;
    if (params) return { route, params };
  }
  return undefined;
}

function paramsOf(template: string, pathname: string): Record<string, string> | undefined {
  const wanted = template.split("/");
  const given = pathname.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index]!;
    if (part.startsWith("{")) {
      if (value === "" || !isDecodable(value)) return undefined;
      params[part.slice(1, -1)] = decodeURIComponent(value);
    } else if (part !== value) return undefined;
  }
  return params;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
