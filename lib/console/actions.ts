// What a person on call does, from the page and over the API alike: each says what it did, or why it could not.
import * as z from "zod";
import { redeliver } from "../app/delivery/deliver.ts";
import { sendTest } from "../app/delivery/send-test.ts";
import type { App } from "../app/deps.ts";
import { acknowledge, listOpen, SpentLink } from "../app/oncall/acknowledge.ts";
import { knownAlerts, previewSilence, type SilencePreview } from "../app/oncall/preview.ts";
import { addSilence, expireSilence, listSilences, type SilenceView, viewSilence } from "../app/oncall/silences.ts";
import { type DeliveryRow, deliveryKey } from "../app/persistence/rows.ts";
import { type DeliveryView, viewDelivery } from "../app/queries/lists.ts";
import type { AckLink } from "../model/ack-link.ts";
import type { Alert } from "../model/alert.ts";
import type { Pattern } from "../model/config.ts";
import { parseDuration } from "../model/duration.ts";
import { PatternError } from "../patterns/error.ts";
import { compilePattern } from "../patterns/pattern.ts";

/** What was asked for cannot be done; the message says why, and what to do. */
export class Refused extends Error {
  override name = "Refused";
  readonly status: 400 | 404 | 409;
  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}

const Person = z.string().trim().min(1, "say who you are").max(100, "at most 100 characters");
const Instant = z.iso.datetime({ offset: true, error: "expected an instant such as 2026-11-20T22:00:00Z" });
const Comment = z.string().trim().max(1_000, "at most 1,000 characters").nullish();

const Ack = z.strictObject({ by: Person.nullable() });
/** Which alerts: a pattern over the alert as in the file, or one alert's id. */
const Which = { match: z.record(z.string(), z.unknown()).optional(), alert: z.string().optional() };
const NewSilence = z.strictObject({
  ...Which,
  duration: z.string().optional(),
  from: Instant.optional(),
  until: Instant.optional(),
  during: z.array(z.string()).default([]),
  comment: Comment,
  by: Person,
});
const Preview = z.strictObject(Which);

/** The only alert, delivery or silence whose id begins so. */
export function byPrefix<T>(all: readonly T[], idOf: (one: T) => string, prefix: string, what: string): T {
  const found = prefix === "" ? [] : all.filter((one) => idOf(one).startsWith(prefix));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new Refused(404, `no ${what} has an id that begins with ${prefix.slice(0, 64)}`);
  throw new Refused(409, `${found.length} ids of ${what}s begin with ${prefix}: give more of it`);
}

/** `by` null: nobody takes care of it any more. `link`: the signed link that does it, which then does no more. */
export async function ack(app: App, id: string, body: unknown, link?: AckLink): Promise<Alert> {
  const { by } = parsed(Ack, body);
  const open = byPrefix(await listOpen(app), ({ alert }) => alert.id, id, "open alert");
  const alert = await acknowledge(app, open, by, link).catch((error: unknown) => {
    throw error instanceof SpentLink ? new Refused(409, error.message) : error;
  });
  if (alert === undefined) throw new Refused(409, "the alert has just been resolved");
  return alert;
}

export async function silence(app: App, body: unknown): Promise<SilenceView> {
  const wanted = parsed(NewSilence, body);
  const { comment, by, during } = wanted;
  const match = await patternOf(app, wanted);
  for (const name of during) {
    if (app.config.timeIntervals[name] === undefined) throw new Refused(400, `there is no time interval "${name}"`);
  }
  const times = timesOf(wanted, app.clock.now());
  const row = await addSilence(app, { match, ...times, during, comment: comment || null, by });
  return viewSilence(row, app.clock.now());
}

export async function preview(app: App, body: unknown): Promise<SilencePreview> {
  const match = await patternOf(app, parsed(Preview, body));
  return previewSilence(app, compilePattern(match).matches);
}

export async function unsilence(app: App, id: string): Promise<SilenceView> {
  const found = byPrefix(await listSilences(app), (row) => row.id, id, "silence");
  return viewSilence((await expireSilence(app, found.id)) ?? found, app.clock.now());
}

/** Whoever runs sends it again, under the same id. */
export async function sendAgain(app: App, deliveries: readonly DeliveryRow[], id: string): Promise<DeliveryView> {
  const found = byPrefix(deliveries, (row) => row.id, id, "delivery");
  await redeliver(app, [found.id]);
  await app.bus.publish([], []);
  const row = await app.store.get<DeliveryRow>(deliveryKey(found.id));
  if (row === undefined) throw new Refused(404, "the delivery is not kept any more");
  return viewDelivery(row.data);
}

export async function test(app: App, name: string, signal: AbortSignal): Promise<DeliveryView[]> {
  const channel = app.channels.get(name);
  if (channel === undefined) throw new Refused(404, `there is no channel "${name.slice(0, 100)}"`);
  return (await sendTest(app, channel, signal)).map(viewDelivery);
}

async function patternOf(
  app: App,
  { match, alert }: { match?: unknown; alert?: string | undefined },
): Promise<Pattern> {
  if ((match === undefined) === (alert === undefined)) {
    throw new Refused(400, 'say what to silence: "match", a pattern over the alert, or "alert", an alert\'s id');
  }
  if (alert !== undefined) return { id: [byPrefix(await knownAlerts(app), ({ id }) => id, alert, "alert").id] };
  try {
    compilePattern(match);
    return match as Pattern;
  } catch (error) {
    if (error instanceof PatternError) throw new Refused(400, `match: ${error.message}`);
    throw error;
  }
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
  return { from: start, until: end };
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const { data, error } = schema.safeParse(body);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw new Refused(400, `${issue!.path.join(".") || "the body"}: ${issue!.message}`);
}
