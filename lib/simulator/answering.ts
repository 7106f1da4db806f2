// From a request to its answer: who asks, for which project, may they, and what the API says; every
// refusal in its API's words.
import type { Answer, Call } from "./apis/call.ts";
import type { Auth } from "./auth.ts";
import { type ApiStyle, errorBody, Refusal } from "./refusal.ts";
import type { Route } from "./routes.ts";
import type { SignedRequest } from "./signature.ts";

/** Never throws: what goes wrong inside the simulator is a 500 that says what it was. */
export function answer(route: Route, call: Call, request: SignedRequest, auth: Auth, requestId: string): Answer {
  try {
    const { name } = route;
    if (name !== "tokens" && name !== "inference") admit(name, route.style, call, auth.check(request, call.now));
    return route.handler(call);
  } catch (error) {
    const refusal =
      error instanceof Refusal ? error : new Refusal(500, `The simulator failed: ${(error as Error).message}`);
    return refused(route, refusal, requestId);
  }
}

export function refused(route: Route | undefined, refusal: Refusal, requestId: string): Answer {
  return { status: refusal.status, body: errorBody(route?.style ?? "gateway", refusal, requestId) };
}

function admit(name: keyof typeof PERMISSIONS, style: ApiStyle, call: Call, project: string | undefined): void {
  if (call.switches.forbidden.includes(name)) {
    throw new Refusal(403, `You are not authorised to perform this action: ${PERMISSIONS[name]}.`);
  }
  const asked = call.params["project_id"];
  if (asked === undefined) return;
  if (project === undefined) {
    if (style === "ces") throw new Refusal(401, "The token must be scoped to a project.");
    throw new Refusal(401, "Invalid Token header. The Token not contain project item.", "ModelArts.0212");
  }
  if (asked === project) return;
  const code = style === "modelarts" ? "ModelArts.0210" : undefined;
  throw new Refusal(403, "The project of the request is not the project of the resource.", code);
}

/** The permission each call needs, as the documents name it. */
const PERMISSIONS = {
  "service-events": "modelarts:service:getEvents",
  "service-updates": "modelarts:service:getLogs",
  "pool-events": "modelarts:pool:get",
  "training-events": "modelarts:trainJob:listEvents",
  "cloud-eye-events": "ces:events:list",
  "cloud-eye-event": "ces:events:get",
  services: "modelarts:service:list",
  pools: "modelarts:pool:list",
  "training-jobs": "modelarts:trainJob:list",
  projects: "iam:projects:listProjects",
} as const satisfies Record<Exclude<Route["name"], "tokens" | "inference">, string>;
