// Events of ModelArts real-time and batch services: GET /v1/{project_id}/services/{service_id}/events.
// https://support.huaweicloud.com/en-us/api-modelarts/modelarts_03_0155.html
// Identity of an event (they have no id): occur_time, event_type, event_info.
import * as z from "zod";
import { levelOfWord } from "../model/source-kinds.ts";
import { segment } from "./cloud/path.ts";
import type { Batch, ReadRequest, Source } from "./port.ts";
import { readAppendOnly } from "./reading/append-only.ts";
import { type BadItem, type Item, parseItem, Time, timeIn } from "./reading/item.ts";
import { listOf } from "./reading/list.ts";
import { type Page, Total } from "./reading/paging.ts";
import type { Query } from "./reading/timeline.ts";

const LIMIT = 1000;

const Answer = z.looseObject({ total_count: Total, service_name: z.string().optional().catch(undefined) });
const ServiceEvent = z.looseObject({ occur_time: Time, event_type: z.string(), event_info: z.string() });

export const serviceEvents: Source = {
  kind: "service-events",
  keepFor: 0,
  read,
};

function read(request: ReadRequest): AsyncGenerator<Batch> {
  const { client, target, levels, signal } = request;
  let name = target.name;

  async function ask({ start, end, order, offset }: Query): Promise<Page> {
    const answer = await client.request({
      service: "modelarts",
      path: `/v1/{project_id}/services/${segment(target.id)}/events`,
      query: {
        start_time: Math.max(0, start),
        end_time: end,
        offset,
        limit: LIMIT,
        sort_by: "occur_time",
        order,
        event_type: levels === "abnormal" ? "abnormal" : undefined,
      },
      signal,
    });
    const { rows, head } = listOf(answer, "events", Answer, "service events", LIMIT);
    name ||= head.service_name;
    return { rows, total: head.total_count };
  }

  function parse(raw: unknown): Item | BadItem {
    return parseItem(ServiceEvent, raw, "occur_time", ({ occur_time, event_type, event_info }) => ({
      ok: true,
      t: occur_time,
      identity: [occur_time, event_type, event_info],
      level: levelOfWord("service-events", event_type),
      type: event_type,
      reason: null,
      message: event_info,
      resource: { type: "service", id: target.id, name: name || target.id },
      raw,
    }));
  }

  const timeOf = (row: unknown) => timeIn(row, "occur_time");
  return readAppendOnly(request, "service-events", { ask, limit: LIMIT, resolution: 1, timeOf }, parse);
}
