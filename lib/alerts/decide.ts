// The one decision of what a group tells now and when it is looked at again: pure, and it names its reason.
import type { Alert } from "../model/alert.ts";
import type { RouteConfig } from "../model/config.ts";
import type { NotifiedAlert, NotifyReason } from "../model/notification.ts";
import type { Group, Member, Suppressed } from "./group.ts";
import type { Hold } from "./suppress.ts";

export interface MemberAlert {
  member: Member;
  /** The alert as it is now; undefined where its rule is gone: it has closed silently. */
  alert: Alert | undefined;
  /** False for an occurrence: it is never repeated without a new match, and its end is silent. */
  canResolve: boolean;
  hold: Hold | undefined;
}

export interface Telling {
  reason: NotifyReason;
  alerts: NotifiedAlert[];
  suppressed: Suppressed;
  /** True for what `lookout send-test` tells. */
  test?: boolean | undefined;
}

export interface Decision {
  /** What to tell now, or undefined. */
  tell: Telling | undefined;
  /** The members that stay, as they are from now on. Empty: the group ends. */
  members: Member[];
  /** When to decide again; ms, undefined: when something happens. */
  due: number | undefined;
}

type News = "new" | "resolved" | "digest" | "gone" | "held" | "waiting" | "old";

/** Decides for a group at `now` (ms); `route` gives its intervals. */
export function decide(group: Group, route: RouteConfig, all: readonly MemberAlert[], now: number): Decision {
  const sorted = all.map((entry) => ({ ...entry, news: newsOf(entry, group, now) }));
  const tellable = sorted.filter(({ news }) => news === "new" || news === "resolved" || news === "digest");
  const firing = sorted.filter(({ news }) => news === "old");
  const holds = sorted.flatMap(({ news, hold, member }) => {
    if (news === "waiting") return [group.waiting[member.by!]!];
    return hold && (news === "held" || news === "old") ? [hold.until] : [];
  });
  const staying = sorted.filter(({ news }) => news !== "gone");

  const earliest = earliestNews(group, route);
  if (tellable.length > 0 && now >= earliest) return told(group, route, sorted, reasonOf(tellable), now);
  const again = repeatReason(group, firing);
  const repeatAt = (group.lastAt ?? now) + route.repeatInterval;
  if (again !== undefined && now >= repeatAt) return told(group, route, sorted, again, now);

  const dues = [...holds];
  if (tellable.length > 0) dues.push(earliest);
  if (firing.length > 0 && !group.incident && repeatAt > now) dues.push(repeatAt);
  const members = staying.map(({ member, hold }) =>
    member.told ? member : { ...member, held: hold?.kind ?? member.held },
  );
  return { tell: undefined, members, due: earliestOf(dues) };
}

function newsOf({ member, alert, canResolve, hold }: MemberAlert, group: Group, now: number): News {
  if (alert === undefined) return "gone";
  // What comes and goes within one catch-up is told when it is over.
  if (!member.told && member.by !== undefined && (group.waiting[member.by] ?? 0) > now) return "waiting";
  if (alert.status === "firing") {
    if (member.told) return "old";
    return hold ? "held" : "new";
  }
  if (member.told) return canResolve ? "resolved" : "gone";
  if (group.incident) return "gone";
  if (hold) return "held";
  return member.held ? "digest" : "resolved";
}

function earliestNews(group: Group, route: RouteConfig): number {
  if (group.incident) return group.createdAt;
  return group.lastAt === null ? group.createdAt + route.groupWait : group.lastAt + route.groupInterval;
}

function reasonOf(tellable: readonly { news: News }[]): NotifyReason {
  if (tellable.some(({ news }) => news === "new")) return "new";
  return tellable.some(({ news }) => news === "resolved") ? "resolved" : "digest";
}

/** Why a group that has no news would be told again, once its time has come. */
function repeatReason(group: Group, firing: readonly MemberAlert[]): "update" | "repeat" | undefined {
  if (group.incident) return undefined;
  const open = firing.filter(({ hold }) => hold === undefined);
  if (open.some(({ member, alert }) => alert!.count > member.count)) return "update";
  return open.some(({ canResolve }) => canResolve) ? "repeat" : undefined;
}

function told(
  group: Group,
  route: RouteConfig,
  all: readonly (MemberAlert & { news: News })[],
  reason: NotifyReason,
  now: number,
): Decision {
  const alerts: NotifiedAlert[] = [];
  const members: Member[] = [];
  const suppressed: Suppressed = { silenced: 0, muted: 0, inhibited: 0 };
  const holds: number[] = [];
  for (const { member, alert, news, hold } of all) {
    if (news === "gone") continue;
    if (news === "waiting") {
      holds.push(group.waiting[member.by!]!);
      members.push(member);
      continue;
    }
    if (news === "held") {
      suppressed[hold!.kind]++;
      holds.push(hold!.until);
      members.push({ ...member, held: hold!.kind });
      continue;
    }
    if (news === "digest") suppressed[member.held!]++;
    if (news === "old" && hold) {
      // Told before and held back now: it stays a member and is not told again until the hold ends.
      members.push(member);
      continue;
    }
    alerts.push({ ...alert!, newCount: alert!.count - member.count });
    const { by: _over, ...rest } = member;
    if (alert!.status === "firing") members.push({ ...rest, told: "firing", count: alert!.count, held: null });
  }
  const dues = [...holds];
  if (!group.incident && members.some((member) => member.told)) dues.push(now + route.repeatInterval);
  alerts.sort((a, b) => (a.startsAt < b.startsAt ? -1 : a.startsAt > b.startsAt ? 1 : a.id < b.id ? -1 : 1));
  return { tell: { reason, alerts, suppressed }, members, due: earliestOf(dues) };
}

function earliestOf(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}
