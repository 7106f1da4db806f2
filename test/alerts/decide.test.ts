// What a group notifies now and when it is looked at again, as a table: one sentence a case.
import { describe, expect, it } from "vitest";
import { type DecidingRoute, decide, type MemberAlert } from "../../lib/alerts/decide.ts";
import { stepsOf } from "../../lib/alerts/escalate.ts";
import { type Group, type Member, newGroup } from "../../lib/alerts/group.ts";
import { ROUTE_DEFAULTS } from "../../lib/config/load/fill.ts";
import type { Alert } from "../../lib/model/alert.ts";
import type { RouteConfig } from "../../lib/model/config.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const SECOND = 1_000;
const MINUTE = 60_000;

const ROUTE: RouteConfig = {
  id: "root",
  match: undefined,
  continue: false,
  channels: ["ops"],
  ...ROUTE_DEFAULTS,
  escalate: [],
  routes: [],
};

/** `a critical firing`: its id, severity and status; `over` the rest. */
function member(text: string, over: Partial<Member> = {}, more: Partial<MemberAlert> = {}): MemberAlert {
  const [id = "", severity, status] = text.split(" ");
  const alert = { id, severity, status, count: 1, startsAt: new Date(NOW).toISOString() } as Alert;
  const member: Member = { id, pk: "rule", sk: id, notified: null, count: 0, held: null, at: NOW, ...over };
  return { member, alert, canResolve: true, hold: undefined, ...more };
}
const KNOWN: Partial<Member> = { notified: "firing", count: 1, at: NOW - 60 * MINUTE };
const group = (over: Partial<Group> = {}): Group => ({ ...newGroup("root", false, {}, NOW), ...over });
const incident = (over: Partial<Group> = {}): Group => ({ ...newGroup("root", true, {}, NOW), ...over });
/** Notified so many minutes ago. */
const ago = (minutes: number) => ({ lastAt: NOW - minutes * MINUTE, createdAt: NOW - 60 * MINUTE });
const ROUND = { round: "services/1" };
const HOLD = { kind: "silenced", by: "silence", name: "silence", place: [], until: NOW + 9 * MINUTE } as const;

const STEPS = stepsOf({ ...ROUTE, escalate: [{ after: 15 * MINUTE, channels: ["lead"] }] });
function acknowledged(one: MemberAlert): MemberAlert {
  return { ...one, alert: { ...one.alert!, acknowledgedBy: "ada" } };
}

interface Case {
  group: Group;
  members: MemberAlert[];
  route?: Partial<DecidingRoute>;
  over?: string[];
  /** `new: a=new b=repeat`, or when it is looked at again, in seconds from now. */
  says: string | number | undefined;
}

const CASES: Record<string, Case> = {
  "a first alert is notified at once": { group: group(), members: [member("a error firing")], says: "new: a=new" },
  "with groupWait it waits for company": {
    group: group(),
    route: { groupWait: 30 * SECOND },
    members: [member("a error firing")],
    says: 30,
  },
  "a new alert of a group that spoke waits for groupInterval": {
    group: group(ago(2)),
    members: [member("a error firing", KNOWN), member("b error firing")],
    says: 180,
  },
  "one of an urgent severity does not, and takes what else is new along": {
    group: group(ago(2)),
    members: [member("a error firing", KNOWN), member("b critical firing"), member("c info firing")],
    says: "new: a=repeat b=new c=new",
  },
  "an urgent one waits for groupWait, counted from when it joined": {
    group: group(ago(2)),
    route: { groupWait: 30 * SECOND },
    members: [member("b critical firing", { at: NOW - 10 * SECOND })],
    says: 20,
  },
  "the resolution of an urgent alert waits for groupInterval": {
    group: group(ago(2)),
    members: [member("a critical resolved", KNOWN)],
    says: 180,
  },
  "which severities are urgent is the route's to say": {
    group: group(ago(2)),
    route: { urgent: ["error"] },
    members: [member("b error firing"), member("c critical firing")],
    says: "new: b=new c=new",
  },
  "what a round opens waits for the round's end": {
    group: group(),
    members: [member("a error firing", ROUND)],
    says: 60,
  },
  "the end of the round lets it go": {
    group: group(),
    over: ["services/1"],
    members: [member("a error firing", ROUND), member("b error firing", ROUND)],
    says: "new: a=new b=new",
  },
  "it waits for both rounds that feed the group": {
    group: group(),
    over: ["services/1"],
    members: [
      member("a error firing", { ...ROUND, at: NOW - 20 * SECOND }),
      member("b error firing", { round: "jobs/1" }),
    ],
    says: 40,
  },
  "at most a minute after the first of them joined; what joined later still waits": {
    group: group(),
    members: [
      member("a error firing", { ...ROUND, at: NOW - MINUTE }),
      member("b error firing", { round: "jobs/1", at: NOW - 5 * SECOND }),
    ],
    says: "new: a=new",
  },
  "a resolution waits with what the round opens": {
    group: group(ago(60)),
    members: [member("a error resolved", KNOWN), member("b error firing", ROUND)],
    says: 60,
  },
  "an urgent alert waits for the round's end, too": {
    group: group(ago(2)),
    members: [member("b critical firing", ROUND)],
    says: 60,
  },
  "what came and went within the round is notified once, as resolved": {
    group: group(),
    over: ["services/1"],
    members: [member("a error resolved", ROUND)],
    says: "resolved: a=resolved",
  },
  "what came and went within the round opens no incident": {
    group: incident(),
    over: ["services/1"],
    members: [member("a error resolved", ROUND)],
    says: undefined,
  },
  "an incident of an occurrence is closed when its alert ends silently": {
    group: incident(ago(1)),
    members: [member("a error resolved", KNOWN, { canResolve: false })],
    says: "resolved: a=resolved",
  },
  "a message says nothing of an occurrence's silent end": {
    group: group(ago(60)),
    members: [member("a error resolved", KNOWN, { canResolve: false })],
    says: undefined,
  },
  "an incident that fires is sent again where a channel wants it": {
    group: incident(ago(1)),
    members: [member("a error firing", KNOWN)],
    route: { resend: MINUTE },
    says: "repeat: a=repeat",
  },
  "whoever acknowledged it, and whatever silences it by now": {
    group: incident(ago(1)),
    members: [acknowledged(member("a error firing", KNOWN, { hold: HOLD }))],
    route: { resend: MINUTE },
    says: "repeat: a=repeat",
  },
  "not before its time": {
    group: incident(ago(1)),
    members: [member("a error firing", KNOWN)],
    route: { resend: 5 * MINUTE },
    says: 240,
  },
  "and not where no channel wants it": {
    group: incident(ago(60 * 24)),
    members: [member("a error firing", KNOWN)],
    says: undefined,
  },
  "an incident that is sent again is resolved once": {
    group: incident(ago(1)),
    members: [member("a error resolved", KNOWN)],
    route: { resend: 5 * MINUTE },
    says: "resolved: a=resolved",
  },
  "an incident of a rule that was removed is closed": {
    group: incident(ago(1)),
    members: [member("a error resolved", KNOWN, { canResolve: false, orphaned: "removed" })],
    says: "resolved: a=resolved",
  },
  "an alert of a rule that changed before it was notified is notified as over": {
    group: group(),
    members: [member("a error resolved", {}, { canResolve: false, orphaned: "changed" })],
    says: "resolved: a=resolved",
  },
  "an alert of a rule that was removed before it was notified is not": {
    group: group(),
    members: [member("a error resolved", {}, { canResolve: false, orphaned: "removed" })],
    says: undefined,
  },
  "each alert has its own reason": {
    group: group(ago(10)),
    members: [
      member("a error firing", KNOWN),
      member("b error firing", { ...KNOWN, count: 0 }),
      member("c error resolved", KNOWN),
      member("d error firing"),
    ],
    says: "new: a=repeat b=update c=resolved d=new",
  },
  "what late input took from an alert's count is no news": {
    group: group(ago(10)),
    members: [member("a error firing", { ...KNOWN, count: 5 }), member("d error firing")],
    says: "new: a=repeat d=new",
  },
  "what came and went while it was held back is a digest": {
    group: group(),
    members: [member("a error resolved", { held: "silenced" })],
    says: "digest: a=digest",
  },
  "what is held back is looked at again when the hold ends": {
    group: group(),
    members: [member("a error firing", {}, { hold: HOLD })],
    says: 540,
  },
  "a state that lasts is repeated after repeatInterval": {
    group: group(ago(240)),
    members: [member("a error firing", KNOWN)],
    says: "repeat: a=repeat",
  },
  "an occurrence is not": {
    group: group(ago(240)),
    members: [member("a error firing", KNOWN, { canResolve: false })],
    says: undefined,
  },
  "an occurrence that matched again is": {
    group: group(ago(240)),
    members: [member("a error firing", { ...KNOWN, count: 0 }, { canResolve: false })],
    says: "update: a=update",
  },
  "an acknowledged alert is not repeated": {
    group: group(ago(240)),
    members: [acknowledged(member("a error firing", KNOWN))],
    says: undefined,
  },
  "nor is a new match of it an update": {
    group: group(ago(240)),
    members: [acknowledged(member("a error firing", { ...KNOWN, count: 0 }))],
    says: undefined,
  },
  "what is repeated of others names it, too": {
    group: group(ago(240)),
    members: [acknowledged(member("a error firing", KNOWN)), member("b error firing", KNOWN)],
    says: "repeat: a=repeat b=repeat",
  },
  "its first notification is sent": {
    group: group(),
    members: [acknowledged(member("a error firing"))],
    says: "new: a=new",
  },
  "its resolution is sent": {
    group: group(ago(10)),
    members: [acknowledged(member("a error resolved", KNOWN))],
    says: "resolved: a=resolved",
  },
  "a group looks again when an alert is to be escalated": {
    group: group(ago(10)),
    members: [member("a error firing", { ...KNOWN, notifiedAt: NOW - 10 * MINUTE }, { steps: STEPS })],
    says: 300,
  },
  "an acknowledged one is not": {
    group: group(ago(10)),
    members: [acknowledged(member("a error firing", { ...KNOWN, notifiedAt: NOW - 10 * MINUTE }, { steps: STEPS }))],
    says: 230 * 60,
  },
  "one that is held back is not before the hold ends": {
    group: group(ago(10)),
    members: [member("a error firing", { ...KNOWN, notifiedAt: NOW - 60 * MINUTE }, { steps: STEPS, hold: HOLD })],
    says: 540,
  },
  "an incident's group looks again, too": {
    group: incident(ago(10)),
    members: [member("a error firing", { ...KNOWN, notifiedAt: NOW - 10 * MINUTE }, { steps: STEPS })],
    says: 300,
  },
  "whoever joins those that are escalated to is notified at once, as an escalation": {
    group: group(ago(2)),
    route: { escalation: true, urgent: ["critical", "error"] },
    members: [member("a error firing", KNOWN), member("b error firing")],
    says: "escalation: a=repeat b=escalation",
  },
  "unless somebody acknowledged it before": {
    group: group(),
    route: { escalation: true },
    members: [acknowledged(member("a error firing"))],
    says: undefined,
  },
  "and hears nothing of the end of what never came there": {
    group: group(),
    route: { escalation: true },
    members: [member("a error resolved")],
    says: undefined,
  },
};

describe("what a group notifies", () => {
  it.each(Object.entries(CASES))("%s", (_, { group, members, route, over = [], says }) => {
    const { notice, due } = decide(group, { ...ROUTE, ...route }, members, NOW, { over: new Set(over) });
    const alerts = notice?.alerts.map(({ id, reason }) => `${id}=${reason}`).join(" ");
    const said = notice ? `${notice.reason}: ${alerts}` : due === undefined ? undefined : (due - NOW) / SECOND;
    expect(said).toBe(says);
    for (const { newCount } of notice?.alerts ?? []) expect(newCount).toBeGreaterThanOrEqual(0);
  });

  it("an alert takes the steps whose time has come, each with its own route", () => {
    const steps = stepsOf({
      ...ROUTE,
      escalate: [15, 30, 60].map((minutes) => ({ after: minutes * MINUTE, channels: [`after ${minutes}`] })),
    });
    const one = member("a error firing", { ...KNOWN, notifiedAt: NOW - 30 * MINUTE }, { steps });
    const { escalate, due } = decide(group(ago(30)), ROUTE, [one], NOW);
    expect(escalate.map(({ step }) => step.route.channels)).toEqual([["after 15"], ["after 30"]]);
    expect(due).toBe(NOW + 30 * MINUTE);
    expect(new Set(steps.map(({ route }) => route.id)).size).toBe(3);
  });

  it("a round that is over is not waited for again, whoever looks next", () => {
    const two = [member("a error firing", ROUND), member("b error firing", { round: "jobs/1" })];
    const { members } = decide(group(), ROUTE, two, NOW, { over: new Set(["services/1"]) });
    const next = members.map((own, at): MemberAlert => ({ ...two[at]!, member: own }));
    const { notice } = decide(group(), ROUTE, next, NOW, { over: new Set(["jobs/1"]) });
    expect(notice?.alerts.map(({ id }) => id)).toEqual(["a", "b"]);
  });
});
