// Why an event did, or did not, lead to a notification, rule by rule; and where an alert is notified. It reads what the
// store has, by the same compiled rules, routes and silences as live polling, and writes nothing.
import type { Alert } from "../../model/alert.ts";
import type { Event } from "../../model/event.ts";
import { iso } from "../../model/iso.ts";
import { isProjectWide, ownTarget } from "../../model/source-kinds.ts";
import { compileMismatch, type FieldMismatch, isNearer, type Mismatch } from "../../patterns/explain.ts";
import { describeMismatch, describeWanted } from "../../patterns/words.ts";
import { type CompiledRule, overflowTouch, stateRow, type Touch } from "../../rules/compile.ts";
import { compileExtract } from "../../rules/extract.ts";
import { live } from "../../rules/live.ts";
import { emptyState, type KeyState, type Transition } from "../../rules/state.ts";
import type { App } from "../deps.ts";
import { type Progress, progressOf } from "../evaluation/progress.ts";
import { datedFor, observed, seenAt } from "../evaluation/slice.ts";
import { ruleOf } from "../groups/transitions.ts";
import { redactedStored } from "../persistence/redacted.ts";
import { type EffectKind, effectIn, hasOpened } from "./explain-effect.ts";
import { whyNothing, whyShared } from "./explain-nothing.ts";
import { explainNotifying, type Locate, type Notifying } from "./explain-notifying.ts";
import type { KnownAlert, Reader } from "./explain-reader.ts";

export interface Effect extends Notifying {
  kind: EffectKind;
  alert: Pick<Alert, "id" | "status" | "severity" | "count" | "startsAt" | "endsAt" | "summary" | "acknowledgedBy">;
}

/** One rule's answer to an event. */
export interface RuleVerdict {
  rule: string;
  at: string | null;
  /** Whether any of the rule's patterns matches: `when`, or what resolves or follows. */
  matched: boolean;
  /** Why it did not match, led to no alert or to one that keys share; null where `effects` say all. */
  reason: string | null;
  /** The fields that did not match, nearest alternative, in the rule's order. */
  mismatches: { field: string; values: readonly unknown[]; wanted: string }[];
  /** The rule's `by` fields and the event's values; null where it did not match. */
  key: Record<string, unknown> | null;
  effects: Effect[];
  /** What happens by itself for this key, and when; `waits`: it is time, but its targets are not read up to then. */
  deadline: { at: string; to: "open" | "count" | "resolve" | "close"; waits: boolean } | null;
}

export interface EventExplanation {
  event: Event;
  /** False: it was pasted, and everything says what would happen now. */
  stored: boolean;
  /** Those that matched first, then the others, the nearest first. */
  rules: RuleVerdict[];
}

export interface AlertExplanation extends Notifying {
  alert: Alert;
  /** Where its rule stands; null where the configuration has it no more. */
  at: string | null;
  /**
   * The id of the event that opened it; null where it was a deadline, or the event is not among the newest 20 any more.
   */
  openedBy: string | null;
  deadline: RuleVerdict["deadline"];
}

export interface Explainer {
  /** An event that was evaluated; or, not `stored`, one that would be evaluated now. */
  event(event: Event, stored: boolean): Promise<EventExplanation>;
  alert(alert: Alert): Promise<AlertExplanation>;
}

/** What explanations are made with. */
interface Sight {
  app: App;
  reader: Reader;
  locate: Locate;
  progress: Progress;
  rules: { rule: CompiledRule; at: string | null; mismatch: (event: Event) => Mismatch | undefined }[];
}

/** Explains any number of events and alerts, reading each row of the store at most once. */
export function createExplainer(app: App, reader: Reader, locate: Locate): Explainer {
  const rules = app.rules.all.map((rule, index) => ({
    rule,
    at: locate(["rules", index]),
    mismatch: explainRule(rule),
  }));
  const sight: Sight = { app, reader, locate, progress: progressOf(app), rules };
  return {
    event: async (event, stored) => redactedStored(await explainEvent(sight, event, stored), app.redact),
    alert: async (alert) => redactedStored(await explainAlert(sight, alert), app.redact),
  };
}

async function explainEvent(sight: Sight, event: Event, stored: boolean): Promise<EventExplanation> {
  const { app, rules } = sight;
  const dated = stored ? event : datedFor(event, app.clock.now());
  const touches = new Map(app.rules.touch(dated).touches.map((touch) => [touch.rule, touch]));
  const matching: RuleVerdict[] = [];
  const others: { verdict: RuleVerdict; mismatch: Mismatch }[] = [];
  for (const { rule, at, mismatch } of rules) {
    const touch = touches.get(rule);
    if (touch) {
      const match = await explainMatch(sight, touch, event, stored);
      matching.push({ rule: rule.config.id, at, matched: true, mismatches: [], ...match });
      continue;
    }
    const found = mismatch(event)!;
    const verdict = { rule: rule.config.id, at, matched: false, key: null, effects: [], deadline: null };
    const mismatches = found.fields.map(inWords);
    others.push({ verdict: { ...verdict, reason: describeMismatch(found), mismatches }, mismatch: found });
  }
  others.sort((a, b) => (isNearer(a.mismatch, b.mismatch) ? -1 : isNearer(b.mismatch, a.mismatch) ? 1 : 0));
  return { event, stored, rules: [...matching, ...others.map(({ verdict }) => verdict)] };
}

async function explainAlert({ app, reader, locate }: Sight, alert: Alert): Promise<AlertExplanation> {
  const rule = ruleOf(app, alert.rule);
  const index = app.rules.all.findIndex(({ config }) => config.id === alert.rule);
  const state = rule && (await reader.state(stateRow(rule, alert.key)))?.state;
  const opening = rule && alert.events.find((event) => hasOpened(rule, event, alert));
  return {
    alert,
    at: rule ? locate(index < 0 ? ["health"] : ["rules", index]) : null,
    openedBy: opening?.id ?? null,
    deadline: rule && state?.alert?.id === alert.id ? deadlineOf(app, rule, state) : null,
    ...(await explainNotifying(app, reader, locate, { alert, groups: rule ? await reader.groupsOf(rule, alert) : [] })),
  };
}

async function explainMatch(sight: Sight, own: Touch, event: Event, stored: boolean) {
  const { app, reader, locate } = sight;
  const touch = await placeOf(reader, own, event, stored);
  const found = stored ? await happened(reader, touch, event) : await wouldHappen(sight, touch, event);
  const effects: Effect[] = [];
  for (const { kind, alert, groups } of found.effects) {
    const notifying = await explainNotifying(app, reader, locate, { alert, groups });
    effects.push({ kind, alert: summaryOf(alert), ...notifying });
  }
  const nothing = effects.length > 0 ? null : whyNothing(touch, found.state);
  return {
    reason: touch === own ? nothing : whyShared(own.rule),
    key: touch.key,
    effects,
    deadline: deadlineOf(app, touch.rule, found.state),
  };
}

/**
 * Under which key the rule took it, or would take it: its own, or where there is no room for that
 * the one that others share.
 */
async function placeOf(reader: Reader, touch: Touch, event: Event, stored: boolean): Promise<Touch> {
  const row = await reader.state(touch);
  if (!touch.matches || (row !== undefined && !row.unmatched)) return touch;
  const shared = overflowTouch(touch);
  if (!stored) return (await reader.keys(touch.rule)) < touch.rule.maxKeys ? touch : shared;
  if ((await happened(reader, touch, event)).effects.length > 0) return touch;
  return (await happened(reader, shared, event)).effects.length > 0 ? shared : touch;
}

async function happened(reader: Reader, touch: Touch, event: Event): Promise<Found> {
  const state = (await reader.state(touch))?.state;
  const effects = (await reader.alerts(touch.rule, touch.key)).flatMap((known) => {
    const kind = effectIn(touch, event, known.alert);
    return kind === undefined ? [] : [{ kind, ...known }];
  });
  return { state, effects };
}

async function wouldHappen({ app, reader, progress }: Sight, touch: Touch, event: Event): Promise<Found> {
  const row = await reader.state(touch);
  const { sourceId, source, project, resource } = event;
  const target = isProjectWide(source) ? ownTarget({ kind: source, id: sourceId }, project) : resource.id;
  const own = { sourceId, target, readTo: Date.parse(event.time), ...(await reader.target(sourceId, target)) };
  const before = row?.state ?? emptyState(touch.key);
  const known = { ...app, observedSince: await reader.observedSince() };
  const now = await observed(known, progress, touch, own, app.clock.now());
  const { state, transitions } = live(touch.rule, before, [seenAt(touch, own)], now);
  // Of an alert that comes and goes at once, the end is what is notified.
  const last = [...new Map(transitions.map((one) => [one.alert.id, one])).values()];
  const effects = last.map(({ kind, alert }) => {
    const groups = row?.state.alert?.id === alert.id ? row.groups : undefined;
    return { kind: EFFECTS[kind], alert, groups };
  });
  return { state, effects };
}

function deadlineOf(app: App, rule: CompiledRule, state: KeyState | undefined): RuleVerdict["deadline"] {
  const end = state?.next;
  const transition = end && live(rule, state, [], { now: end.due, readTo: end.due, since: 0 }).transitions[0];
  if (!end || !transition) return null;
  return { at: iso(end.at), to: ENDS[transition.kind], waits: end.due <= app.clock.now() };
}

interface Found {
  state: KeyState | undefined;
  effects: (Pick<KnownAlert, "alert"> & { kind: EffectKind; groups: readonly string[] | undefined })[];
}

/** Why the rule's `when` does not match an event, with what the rule extracts from it. */
function explainRule({ config }: CompiledRule): (event: Event) => Mismatch | undefined {
  const mismatch = compileMismatch(config.when);
  const extract = config.extract && compileExtract(config.extract);
  return (event) => mismatch(extract ? { ...event, extracted: extract(event).extracted } : event);
}

const EFFECTS: Record<Transition["kind"], EffectKind> = {
  opened: "opened",
  updated: "counted",
  resolved: "resolved",
  closed: "closed",
};

const ENDS = { opened: "open", updated: "count", resolved: "resolve", closed: "close" } as const;

function inWords({ field, values, wanted }: FieldMismatch): RuleVerdict["mismatches"][number] {
  return { field, values, wanted: describeWanted(wanted) };
}

function summaryOf({ id, status, severity, count, startsAt, endsAt, summary, acknowledgedBy }: Alert): Effect["alert"] {
  return { id, status, severity, count, startsAt, endsAt, summary, acknowledgedBy };
}
