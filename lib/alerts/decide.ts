// The one decision of what a group notifies now and when it is looked at again: pure, and it names its reason.
import type { Alert } from "../model/alert.ts";
import type { RouteConfig } from "../model/config.ts";
import type { NotifiedAlert, NotifyReason } from "../model/notification.ts";
import type { Step } from "./escalate.ts";
import type { Group, Member, Suppressed } from "./group.ts";
import { escalationDue, nextDue, roundDue } from "./next-due.ts";
import type { Hold } from "./suppress.ts";
import { isAcknowledged, isTakenNews, stillTaken } from "./taken.ts";

export interface MemberAlert {
  member: Member;
  /** The alert as it is now; undefined where nothing is left of it. */
  alert: Alert | undefined;
  /** False for an occurrence: it is never repeated without a new match, and its end is silent. */
  canResolve: boolean;
  hold: Hold | undefined;
  /** Its rule was removed or changed: it has ended silently. `changed`: the rule is still there under its id. */
  orphaned?: "removed" | "changed" | undefined;
  /** The steps of the route's `escalate` that the alert has not taken yet. */
  steps?: readonly Step[] | undefined;
}

export interface Notice {
  reason: NotifyReason;
  alerts: NotifiedAlert[];
  suppressed: Suppressed;
  /** True for `lookout send-test`. */
  test?: boolean | undefined;
}

export interface Decision {
  /** What to notify now, or undefined. */
  notice: Notice | undefined;
  /** The members that stay, as they are from now on. Empty: the group ends. */
  members: Member[];
  /** When to decide again; ms, undefined: when something happens. */
  due: number | undefined;
  /** The steps of `escalate` that alerts take now. */
  escalate: readonly Escalation[];
  /** There is more to say now than it was to say at most. */
  more?: true;
}

/** An alert takes a step of its route's `escalate`. */
export interface Escalation {
  alert: Alert;
  member: Member;
  step: Step;
}

/** What decides beside the group itself. */
export interface DecideOptions {
  /** Poll rounds that are known to be over: nothing waits for them any more. */
  over?: ReadonlySet<string>;
  /** So many alerts are named or escalated at most, the news first; the others follow at once. */
  most?: number | undefined;
}

/** `quiet`: it would have been escalated, and somebody acknowledged it before. */
type News = "new" | "resolved" | "digest" | "acknowledged" | "gone" | "held" | "quiet" | "waiting" | "old";
type Sorted = MemberAlert & { news: News };

/** A route as its groups are decided. */
export interface DecidingRoute extends RouteConfig {
  /** After so long its incident channels get incidents that fire again (ms); absent: none of them does. */
  resend?: number;
  /** One of its incident channels takes the news of an acknowledgement. */
  acknowledges?: boolean;
}

const NEWS: ReadonlySet<News> = new Set<News>(["new", "resolved", "digest", "acknowledged"]);

/** Decides for a group at `now` (ms); `route` gives its intervals. */
export function decide(
  group: Group,
  route: DecidingRoute,
  all: readonly MemberAlert[],
  now: number,
  { over = new Set(), most = Number.POSITIVE_INFINITY }: DecideOptions = {},
): Decision {
  const escalation = route.escalation === true;
  const sorted = all.map((entry): Sorted => ({ ...entry, news: newsOf(entry, { group, route }, now, over) }));
  const { taken, left } = escalations(sorted, group, now);
  const escalate = taken.slice(0, most);
  if (escalate.length < taken.length) left.push({ due: now });
  const news = sorted.filter((entry) => NEWS.has(entry.news));
  const firing = sorted.filter((entry) => entry.news === "old");
  const staying = sorted.filter((entry) => entry.news !== "gone");

  const earliest = earliestNews(group, route, sorted, news, now);
  const decided = { group, route, all: sorted, escalate, left, most };
  if (news.length > 0 && now >= earliest) return notify(decided, reasonOf(news, escalation), now);
  const again = repeatReason(group, route, firing);
  const { repeat } = nextDue(group, route, now);
  if (again !== undefined && now >= repeat) return notify(decided, again, now);

  const dues = [...lookAgain(sorted), ...left.map(({ due }) => due)];
  if (news.length > 0) dues.push(earliest);
  if (firing.length > 0 && Number.isFinite(repeat) && repeat > now) dues.push(repeat);
  const members = staying.map(({ member, alert, hold }) =>
    member.notified ? stillTaken(member, alert) : { ...withoutRound(member, over), held: hold?.kind ?? member.held },
  );
  return { notice: undefined, members, due: earliestOf(dues), escalate };
}

function newsOf(
  { member, alert, canResolve, hold, orphaned }: MemberAlert,
  { group, route }: { group: Group; route: DecidingRoute },
  now: number,
  over: ReadonlySet<string>,
): News {
  if (alert === undefined) return "gone";
  // What comes and goes within one round is notified when it is over.
  if (isWaiting(member, now, over)) return "waiting";
  if (alert.status === "firing") return firingNews({ member, alert, hold }, group, route);
  // An incident is closed when its alert ends, silently or not.
  if (member.notified) return canResolve || group.incident ? "resolved" : "gone";
  // Nobody beside the first was notified of it: its end is none of theirs.
  if (group.incident || route.escalation || orphaned === "removed") return "gone";
  if (hold) return "held";
  return member.held ? "digest" : "resolved";
}

function afterNews({ member, alert, news }: Sorted): Member {
  return news === "acknowledged" ? { ...member, taken: true } : stillTaken(member, alert);
}

function firingNews(
  { member, alert, hold }: { member: Member; alert: Alert; hold: Hold | undefined },
  group: Group,
  { escalation, acknowledges }: Pick<DecidingRoute, "escalation" | "acknowledges">,
): News {
  if (member.notified) return acknowledges && isTakenNews(member, alert, group) ? "acknowledged" : "old";
  if (escalation && isAcknowledged(alert)) return "quiet";
  return hold ? "held" : "new";
}

/** A member whose round is known to be over waits for it no more, whoever looks next. */
function withoutRound(member: Member, over: ReadonlySet<string>): Member {
  if (member.round === undefined || !over.has(member.round)) return member;
  const { round: _over, ...rest } = member;
  return rest;
}

function isWaiting({ notified, round, at = 0 }: Member, now: number, over: ReadonlySet<string>): boolean {
  return notified === null && round !== undefined && !over.has(round) && roundDue({ at }) > now;
}

/** When the news may leave; ms. */
function earliestNews(
  group: Group,
  route: DecidingRoute,
  all: readonly Sorted[],
  news: readonly Sorted[],
  now: number,
): number {
  const urgent = news.filter((one) => one.news === "new" && route.urgent.includes(one.alert!.severity));
  const joined = urgent.map(({ member: { at = 0 } }) => at);
  const due = nextDue(group, route, now, joined).news;
  return group.incident ? due : Math.max(roundEnd(all), due);
}

/** While something of the group waits for its round, all news waits with it: until the first has waited its time. */
function roundEnd(all: readonly Sorted[]): number {
  if (!all.some(({ news }) => news === "waiting")) return Number.NEGATIVE_INFINITY;
  const fresh = all.filter(
    ({ news, member }) => news === "waiting" || ((news === "new" || news === "digest") && !member.notified),
  );
  return Math.min(...fresh.map(({ member }) => roundDue(member)));
}

function reasonOf(news: readonly Sorted[], escalation: boolean): NotifyReason {
  if (!escalation && news.some((one) => one.news === "new")) return "new";
  if (news.some((one) => one.news === "resolved")) return "resolved";
  if (news.some((one) => one.news === "acknowledged")) return "acknowledged";
  return escalation ? "escalation" : "digest";
}

/** The steps that are taken now, and when each of the others comes, as things stand (ms). */
function escalations(
  all: readonly Sorted[],
  group: Group,
  now: number,
): { taken: Escalation[]; left: { due: number }[] } {
  const taken: Escalation[] = [];
  const left: { due: number }[] = [];
  for (const { news, member, alert, hold, steps = [] } of all) {
    if (news !== "old" || isAcknowledged(alert!)) continue;
    for (const step of steps) {
      const due = escalationDue(member, group, step.after);
      if (due > now || hold) left.push({ due: hold ? Math.max(due, hold.until) : due });
      else taken.push({ alert: alert!, member, step });
    }
  }
  return { taken, left };
}

/** Why a group that has no news would be notified again, once its time has come. */
function repeatReason(
  group: Group,
  { resend }: DecidingRoute,
  firing: readonly MemberAlert[],
): "update" | "repeat" | undefined {
  // Whoever is sent it again takes its absence for the end, whatever holds it back from people.
  if (group.incident) return resend !== undefined && firing.length > 0 ? "repeat" : undefined;
  const open = firing.filter(({ hold, alert }) => hold === undefined && !isAcknowledged(alert!));
  if (open.some(({ member, alert }) => alert!.count > member.count)) return "update";
  return open.some(({ canResolve }) => canResolve) ? "repeat" : undefined;
}

/** When what is held back or waits is looked at again; ms. */
function lookAgain(all: readonly Sorted[]): number[] {
  return all.flatMap(({ news, member, hold }) => {
    if (news === "waiting") return [roundDue(member)];
    return hold && (news === "held" || news === "old") ? [hold.until] : [];
  });
}

interface Decided {
  group: Group;
  route: DecidingRoute;
  all: readonly Sorted[];
  escalate: readonly Escalation[];
  left: readonly { due: number }[];
  most: number;
}

function notify({ group, route, all, escalate, left, most }: Decided, reason: NotifyReason, now: number): Decision {
  const later = beyond(all, group, most);
  const alerts: NotifiedAlert[] = [];
  const members: Member[] = [];
  const suppressed: Suppressed = { silenced: 0, muted: 0, inhibited: 0 };
  const dues = [...lookAgain(all.filter(({ news }) => news !== "old")), ...left.map(({ due }) => due)];
  for (const entry of all) {
    const { member, alert, news, hold } = entry;
    if (news === "gone") continue;
    if (later.has(entry)) {
      members.push(member);
      continue;
    }
    if (news === "held") suppressed[hold!.kind]++;
    if (news === "digest") suppressed[member.held!]++;
    if (!isNamed(entry, group)) {
      members.push(news === "held" ? { ...member, held: hold!.kind } : member);
      continue;
    }
    const newCount = Math.max(0, alert!.count - member.count);
    alerts.push({ ...alert!, newCount, reason: ownReason(news, newCount, route) });
    if (alert!.status !== "firing") continue;
    const { round: _over, notifiedAt = (member.notified && group.lastAt) ?? now, ...rest } = afterNews(entry);
    members.push({ ...rest, notified: "firing", count: alert!.count, held: null, notifiedAt });
    dues.push(...escalationsAfter(entry, { notifiedAt }, group));
  }
  if (members.some((member) => member.notified)) dues.push(nextDue({ ...group, lastAt: now }, route, now).repeat);
  alerts.sort((a, b) => (a.startsAt < b.startsAt ? -1 : a.startsAt > b.startsAt ? 1 : a.id < b.id ? -1 : 1));
  const notice = { reason, alerts, suppressed };
  if (hasMore(all, later, group, route)) return { notice, members, due: now, escalate, more: true };
  return { notice, members, due: earliestOf(dues.filter(Number.isFinite)), escalate };
}

/** News is left over, or an incident opens that somebody takes care of: its service hears of that once it is open. */
function hasMore(all: readonly Sorted[], later: ReadonlySet<Sorted>, group: Group, route: DecidingRoute): boolean {
  if ([...later].some(({ news }) => news !== "old")) return true;
  if (!route.acknowledges) return false;
  return all.some(({ news, member, alert }) => news === "new" && isTakenNews(member, alert!, group));
}

/** What is to be named beyond the first `most`: news goes first, what is older waits for a later notification. */
function beyond(all: readonly Sorted[], group: Group, most: number): ReadonlySet<Sorted> {
  const named = all.filter((entry) => entry.news !== "gone" && isNamed(entry, group));
  if (named.length <= most) return new Set();
  const [old, news] = [named.filter(({ news }) => news === "old"), named.filter(({ news }) => news !== "old")];
  return new Set([...news, ...old].slice(most));
}

/**
 * Whether a notification names it. Notified before and held back now: it stays a member, and is not
 * named until the hold ends; an incident is.
 */
function isNamed({ news, hold }: Sorted, { incident }: Group): boolean {
  return news !== "held" && news !== "waiting" && news !== "quiet" && !(news === "old" && hold && !incident);
}

/** When an alert that is notified for the first time is escalated, unless somebody takes care of it; ms. */
function escalationsAfter({ news, alert, steps = [] }: Sorted, at: { notifiedAt: number }, group: Group): number[] {
  if (news !== "new" || isAcknowledged(alert!)) return [];
  return steps.map(({ after }) => escalationDue(at, group, after));
}

/** Why this alert stands in the notification. */
function ownReason(news: News, newCount: number, { escalation }: RouteConfig): NotifyReason {
  if (news === "new" && escalation) return "escalation";
  if (news === "new" || news === "resolved" || news === "digest" || news === "acknowledged") return news;
  return newCount > 0 ? "update" : "repeat";
}

function earliestOf(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}
