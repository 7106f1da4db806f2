// Events of ModelArts training jobs: GET /v2/{project_id}/training-jobs/{training_job_id}/events.
// https://docs.otc.t-systems.com/modelarts/api-ref/training_management/obtaining_the_events_of_a_training_job.html
// Identity of an event (they have no id): time, level, source, message.
import * as z from "zod";
import { levelOfWord } from "../model/source-kinds.ts";
import { segment } from "./cloud/path.ts";
import type { Batch, ReadRequest, Source } from "./port.ts";
import { readAppendOnly } from "./reading/append-only.ts";
import { type BadItem, type Item, parseItem, Time, timeIn } from "./reading/item.ts";
import { listOf } from "./reading/list.ts";
import { type Page, Total } from "./reading/paging.ts";
import type { Query } from "./reading/timeline.ts";

const LIMIT = 100;
/** Start and end must be sent together: an end so far ahead that a clock that is off hides nothing. */
const AHEAD_MS = 400 * 86_400_000;

const Answer = z.looseObject({ total: Total });
const TrainingEvent = z.looseObject({
  time: Time,
  level: z.string(),
  message: z.string(),
  source: z.string().nullish(),
});

export const trainingEvents: Source = {
  kind: "training-events",
  keepFor: 0,
  read,
};

function read(request: ReadRequest): AsyncGenerator<Batch> {
  const { client, target, now, signal } = request;

  async function ask({ start, end = now + AHEAD_MS, order, offset }: Query): Promise<Page> {
    const answer = await client.request({
      service: "modelarts",
      path: `/v2/{project_id}/training-jobs/${segment(target.id)}/events`,
      query: { start_time: Math.max(0, start), end_time: end, offset, limit: LIMIT, order },
      // Messages come in the language of this header; rules are written for English.
      headers: { "X-Language": "en-us" },
      signal,
    });
    const { rows, head } = listOf(answer, "events", Answer, "training events", LIMIT);
    return { rows, total: head.total };
  }

  function parse(raw: unknown): Item | BadItem {
    return parseItem(TrainingEvent, raw, "time", ({ time, level, source, message }) => ({
      ok: true,
      t: time,
      identity: [time, level, source ?? null, message],
      level: levelOfWord("training-events", level),
      type: level,
      reason: null,
      message,
      resource: { type: "training-job", id: target.id, name: target.name || target.id },
      raw,
    }));
  }

  // Shown to the second, while the documents' example compares milliseconds.
  const timeline = { ask, limit: LIMIT, resolution: 1000, timeOf: (row: unknown) => timeIn(row, "time") };
  return readAppendOnly(request, "training-events", timeline, parse);
}
