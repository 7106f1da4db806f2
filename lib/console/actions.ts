// What a person on call does, from the page and over the API alike: each says what it did, or why it could not.
import * as z from "zod";
import { deliveryIds, readDeliveries, redeliver } from "../app/delivery/deliver.ts";
import { sendTest } from "../app/delivery/send-test.ts";
import type { App } from "../app/deps.ts";
import { acknowledge, SpentLink } from "../app/oncall/acknowledge.ts";
import { previewSilence, type SilencePreview } from "../app/oncall/preview.ts";
import {
  addSilence,
  expireSilence,
  LAST,
  listSilences,
  patternOfOne,
  type SilenceView,
  unknownInterval,
  viewSilence,
  whyNoAlert,
} from "../app/oncall/silences.ts";
import { type DeliveryView, viewDelivery } from "../app/queries/lists.ts";
import type { AckLink } from "../model/ack-link.ts";
import type { Alert } from "../model/alert.ts";
import type { Pattern } from "../model/config.ts";
import { parseDuration } from "../model/duration.ts";
import type { Console } from "./deps.ts";
import { alertOf, openAlertOf, theOnly } from "./queries.ts";
import { Refused } from "./refused.ts";

/** What somebody acts upon. */
type Acting = Pick<Console, "current" | "alerts">;

const Person = z.string().trim().min(1, "say who you are").max(100, "at most 100 characters");
const Instant = z.iso.datetime({ offset: true, error: "expected an instant such as 2026-11-20T22:00:00Z" });
const Comment = z.string().trim().max(1_000, "at most 1,000 characters").nullish();

const Ack = z.strictObject({ by: Person.nullable() });
/** Which alerts, a pattern over the alert as in the file or one alert's id, and in which time intervals. */
const Which = {
  match: z.record(z.string(), z.unknown()).optional(),
  alert: z.string().optional(),
  during: z.array(z.string()).default([]),
};
const NewSilence = z.strictObject({
  ...Which,
  duration: z.string().optional(),
  from: Instant.optional(),
  until: Instant.optional(),
  comment: Comment,
  by: Person,
});
const Preview = z.strictObject(Which);

/** `by` null: nobody takes care of it any more. `link`: the signed link that does it, which then does no more. */
export async function ack({ current, alerts }: Acting, id: string, body: unknown, link?: AckLink): Promise<Alert> {
  const { by } = parsed(Ack, body);
  const open = await openAlertOf(alerts, id);
  const alert = await acknowledge(current(), open, by, link).catch((error: unknown) => {
    throw error instanceof SpentLink ? new Refused(409, error.message) : error;
  });
  alerts.touch();
  if (alert === undefined) throw new Refused(409, "the alert has just been resolved");
  return alert;
}

export async function silence(deps: Acting, body: unknown): Promise<SilenceView> {
  const app = deps.current();
  const wanted = parsed(NewSilence, body);
  const { comment, by } = wanted;
  const { match, during } = await alertsOf(deps, wanted);
  const times = timesOf(wanted, app.clock.now());
  const row = await addSilence(app, { match, ...times, during, comment: comment || null, by });
  deps.alerts.touch();
  return viewSilence(row, app.clock.now());
}

export async function preview(deps: Acting, body: unknown): Promise<SilencePreview> {
  const wanted = await alertsOf(deps, parsed(Preview, body));
  const open = (await deps.alerts.read()).lines.map(({ alert }) => ({ ...alert, events: [] }));
  return previewSilence(deps.current(), open, wanted);
}

export async function unsilence({ current, alerts }: Acting, id: string): Promise<SilenceView> {
  const app = current();
  const all = id === "" ? [] : await listSilences(app);
  const like = all.filter((row) => row.id.startsWith(id));
  const found = theOnly(like, id, "silence");
  alerts.touch();
  return viewSilence((await expireSilence(app, found.id)) ?? found, app.clock.now());
}

/** Whoever runs sends it again, under the same id. */
export async function sendAgain(app: App, prefix: string): Promise<DeliveryView> {
  const id = theOnly(await deliveryIds(app, prefix), prefix, "delivery");
  const leftOut = await redeliver(app, [id]);
  for (const error of leftOut.values()) throw error;
  await app.bus.publish([], []);
  const [row] = await readDeliveries(app, [id]);
  if (row === undefined) throw new Refused(404, "the delivery is not kept any more");
  return viewDelivery(row);
}

export async function test(app: App, name: string, signal: AbortSignal): Promise<DeliveryView[]> {
  const channel = app.channels.get(name);
  if (channel === undefined) throw new Refused(404, `there is no channel "${name.slice(0, 100)}"`);
  return (await sendTest(app, channel, signal)).map(viewDelivery);
}

/** Which alerts are meant, and when. */
async function alertsOf(deps: Acting, wanted: z.infer<typeof Preview>): Promise<{ match: Pattern; during: string[] }> {
  const match = await patternOf(deps, wanted);
  const unknown = unknownInterval(deps.current(), wanted.during);
  if (unknown !== undefined) throw new Refused(400, `there is no time interval "${unknown.slice(0, 100)}"`);
  return { match, during: wanted.during };
}

async function patternOf(
  deps: Acting,
  { match, alert }: { match?: unknown; alert?: string | undefined },
): Promise<Pattern> {
  if ((match === undefined) === (alert === undefined)) {
    throw new Refused(400, 'say what to silence: "match", a pattern over the alert, or "alert", an alert\'s id');
  }
  if (alert !== undefined) return patternOfOne(await alertOf(deps, alert));
  const why = whyNoAlert(match);
  if (why !== undefined) throw new Refused(400, `match: ${why}`);
  return match as Pattern;
}

function timesOf({ duration, from, until }: z.infer<typeof NewSilence>, now: number): { from: number; until: number } {
  if ((duration === undefined) === (until === undefined)) {
    throw new Refused(400, 'say for how long: "duration", such as 2h, or "until", an instant');
  }
  const start = from === undefined ? now : Date.parse(from);
  const lasts = duration === undefined ? undefined : parseDuration(duration);
  if (duration !== undefined && !lasts) {
    throw new Refused(400, `duration ${duration.slice(0, 20)}: expected a duration such as 30m, 2h or 7d`);
  }
  const end = lasts === undefined ? Date.parse(until!) : start + lasts;
  if (end <= start || end <= now) throw new Refused(400, "the silence would be over already");
  if (end > LAST) throw new Refused(400, "the silence would end after the year 9999");
  return { from: start, until: end };
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const { data, error } = schema.safeParse(body);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw new Refused(400, `${issue!.path.join(".") || "the body"}: ${issue!.message}`);
}
