// The endpoint of a service, as its callers have it: it answers while the service runs.
// https://support.huaweicloud.com/intl/en-us/inference-modelarts/inference-modelarts-0023.html
import { Refusal } from "../refusal.ts";
import type { Answer, Call } from "./call.ts";

/** GET /v1/infers/{service_id}/health, for whoever asks; the id, or the name, which stays the same. */
export function checkInference({ params, world }: Call): Answer {
  const wanted = params["service_id"]!;
  const services = [...world.services.values()];
  const service = world.services.get(wanted) ?? services.find(({ row: { service_name } }) => service_name === wanted);
  if (!service) throw new Refusal(404, "The API does not exist or has not been published.", "ModelArts.4204");
  const { status } = service.row;
  if (status === "running" || status === "concerning") return { body: { status: "ok" } };
  throw new Refusal(503, `The service is ${status}.`, "ModelArts.4503");
}
