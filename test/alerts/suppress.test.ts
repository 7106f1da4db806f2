// What holds an alert back at a moment, and when to look again, as a table: one sentence a case.
import { expect, it } from "vitest";
import { type AddedSilence, compileSuppression } from "../../lib/alerts/suppress.ts";
import { compileTimeInterval } from "../../lib/alerts/time-intervals/time-interval.ts";
import type { Alert } from "../../lib/model/alert.ts";
import type { RouteConfig, SilenceConfig } from "../../lib/model/config.ts";
import { HEALTH_RULE } from "../../lib/model/own-alerts.ts";
import { compilePattern } from "../../lib/patterns/pattern.ts";

/** A Friday. */
const NOW = Date.parse("2026-11-20T10:00:00Z");
const MINUTE = 60_000;
const at = (minutes: number) => NOW + minutes * MINUTE;
const instant = (minutes: number) => new Date(at(minutes)).toISOString();

const times = (start_time: string, end_time: string) => compileTimeInterval({ times: [{ start_time, end_time }] });
const INTERVALS = new Map([
  ["mornings", times("06:00", "12:00")],
  ["break", times("10:00", "10:03")],
  ["nights", times("22:00", "07:00")],
]);

interface Case {
  /** Of the configuration; a match is `{ rule: [deploy] }` where none is given. */
  silences?: (Partial<Omit<SilenceConfig, "match">> & { match?: object })[];
  /** By people; it begins an hour ago and ends in one. */
  added?: Partial<AddedSilence>[];
  route?: Partial<RouteConfig>;
  /** The alert's rule. Default: deploy. */
  rule?: string;
  /** `kind by`, and in how many minutes it is looked at again; undefined: nothing holds it back. */
  says: [held: string, again: number] | undefined;
}

const CASES: Record<string, Case> = {
  "nothing holds back what no silence and no interval is about": { says: undefined },
  "a silence without times holds what it matches, and is looked at every five minutes": {
    silences: [{}],
    says: ["silenced silence", 5],
  },
  "a silence is named by its comment": {
    silences: [{ comment: "migration" }],
    says: ['silenced silence "migration"', 5],
  },
  "what a silence does not match is notified": { silences: [{ match: { rule: ["other"] } }], says: undefined },
  "a silence that has not begun holds nothing": { silences: [{ from: instant(1) }], says: undefined },
  "a silence holds from its first moment": { silences: [{ from: instant(0) }], says: ["silenced silence", 5] },
  "a silence is over at its end": { silences: [{ until: instant(0) }], says: undefined },
  "a silence that ends soon is looked at when it ends": {
    silences: [{ until: instant(2) }],
    says: ["silenced silence", 2],
  },
  "a silence during an interval holds in it, until the interval ends": {
    silences: [{ during: ["break"] }],
    says: ["silenced silence", 3],
  },
  "a silence during an interval holds nothing outside of it": { silences: [{ during: ["nights"] }], says: undefined },
  "of several intervals one is enough": {
    silences: [{ during: ["nights", "mornings"] }],
    says: ["silenced silence", 5],
  },
  "the first silence of the file that holds it is named": {
    silences: [{ match: { rule: ["other"] } }, { comment: "first" }, { comment: "second" }],
    says: ['silenced silence "first"', 5],
  },
  "a silence that a person added is named by its short id and comment": {
    added: [{ comment: "asleep" }],
    says: ['silenced silence 01234567 "asleep"', 5],
  },
  "a silence of the file is named before one that was added": {
    silences: [{ comment: "migration" }],
    added: [{}],
    says: ['silenced silence "migration"', 5],
  },
  "a silence that was added during an interval that is configured no more holds nothing": {
    added: [{ during: ["gone"] }],
    says: undefined,
  },
  "a muted time of the route holds until it ends": { route: { mute: ["break"] }, says: ["muted mute break", 3] },
  "the first of several muted times is named": {
    route: { mute: ["nights", "mornings", "break"] },
    says: ["muted mute mornings", 5],
  },
  "a route notifies outside of its muted times": { route: { mute: ["nights"] }, says: undefined },
  "a route notifies in its active times": { route: { active: ["nights", "mornings"] }, says: undefined },
  "a route holds outside of its active times": {
    route: { active: ["nights"] },
    says: ["muted outside nights", 5],
  },
  "a muted time counts also within an active one": {
    route: { mute: ["break"], active: ["mornings"] },
    says: ["muted mute break", 3],
  },
  "a silence is named before a muted time": {
    silences: [{}],
    route: { mute: ["break"] },
    says: ["silenced silence", 5],
  },
  "Lookout's own alerts are held by no silence that matches everything": {
    rule: HEALTH_RULE,
    silences: [{ match: { rule: [{ exists: true }] } }],
    says: undefined,
  },
  "Lookout's own alerts are held by a silence that names their rule": {
    rule: HEALTH_RULE,
    silences: [{ match: { rule: [HEALTH_RULE] } }],
    says: ["silenced silence", 5],
  },
  "Lookout's own alerts are held by a silence that names their rule in an alternative": {
    rule: HEALTH_RULE,
    silences: [{ match: { $or: [{ severity: ["info"] }, { $or: [{ rule: [HEALTH_RULE] }, { rule: ["a"] }] }] } }],
    says: ["silenced silence", 5],
  },
  "Lookout's own alerts are not held by an alternative beside the one that names their rule": {
    rule: HEALTH_RULE,
    silences: [{ match: { $or: [{ rule: [HEALTH_RULE], severity: ["info"] }, { rule: [{ exists: true }] }] } }],
    says: undefined,
  },
  "what else such a silence matches is held": {
    silences: [{ match: { $or: [{ rule: [HEALTH_RULE] }, { rule: ["deploy"] }] } }],
    says: ["silenced silence", 5],
  },
};

it.each(Object.entries(CASES))("%s", (_sentence, { silences = [], added = [], route, rule = "deploy", says }) => {
  const match = { rule: ["deploy"] };
  const configured = silences.map((silence) => ({ match, ...silence }) as SilenceConfig);
  const suppression = compileSuppression(configured, INTERVALS, compile, HEALTH_RULE);
  const byPeople = added.map((silence) => {
    const id = "0123456789abcdef";
    return suppression.silence({ id, match, from: at(-60), until: at(60), during: [], comment: null, ...silence });
  });
  const alert = { rule, labels: {} } as unknown as Alert;
  const muting = { id: "root", mute: [], active: [], ...route } as unknown as RouteConfig;
  const hold = suppression.hold(alert, muting, NOW, byPeople);
  expect(hold && [`${hold.kind} ${hold.by}`, (hold.until - NOW) / MINUTE]).toEqual(says);
});

it("says when a silence of the file ends in UTC, as of one that a person added", () => {
  const config = { match: { rule: ["deploy"] }, until: "2026-11-20T12:00:00+01:00" };
  const { hold } = compileSuppression([config], INTERVALS, compile, HEALTH_RULE);
  const alert = { rule: "deploy", labels: {} } as unknown as Alert;
  const route = { id: "root", mute: [], active: [] } as unknown as RouteConfig;
  expect(hold(alert, route, NOW)?.ends).toBe("2026-11-20T11:00:00.000Z");
});

function compile(pattern: object) {
  const compiled = compilePattern(pattern as never);
  return (alert: Alert) => compiled.matches(alert);
}
