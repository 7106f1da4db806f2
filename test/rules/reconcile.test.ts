// What becomes of the alerts that were notified once sorted input has others, as a table: one sentence a case.
import { expect, it } from "vitest";
import { endAlert, openAlert } from "../../lib/rules/alert.ts";
import { compileRules } from "../../lib/rules/compile.ts";
import type { FoldedSpan } from "../../lib/rules/fold.ts";
import { reconcile } from "../../lib/rules/reconcile.ts";
import type { Notified } from "../../lib/rules/state.ts";
import { eventAt, START } from "../support/event.ts";
import { ruleConfig, SOURCE } from "./support.ts";

const MINUTE = 60_000;
const KEY = { "resource.id": "svc-1" };
const rule = compileRules([ruleConfig({ resolve: { when: { level: ["normal"] } } })], [SOURCE]).all[0]!;

interface Case {
  /** `A 1-5 x3`: notified from minute 1 to 5 with a count of 3; `A 1- x3~4`: it fires, its newest match at 4. */
  notified: string[];
  /** `1-5 x3`: an alert of sorted input. */
  sorted: string[];
  /** The first deadline that is not decided yet; a minute. */
  stop?: number;
  /** What comes of it. */
  becomes: string[];
  says: string[];
  /** What opens only once it is decided whether it is the one that fires beyond `stop`. */
  held?: string;
}

const CASES: Record<string, Case> = {
  "what is as it was notified stays, and nothing is said": {
    notified: ["A 1-5 x3"],
    sorted: ["1-5 x3"],
    becomes: ["A 1-5 x3"],
    says: [],
  },
  "an alert of sorted input that was not notified opens": {
    notified: [],
    sorted: ["1- x3"],
    becomes: ["new 1- x3"],
    says: ["opened new 1- x3"],
  },
  "one that is over already opens and is resolved": {
    notified: [],
    sorted: ["1-5 x3"],
    becomes: ["new 1-5 x3"],
    says: ["opened new 1- x3", "resolved new 1-5 x3"],
  },
  "a notified alert takes another start": {
    notified: ["A 3- x3~4"],
    sorted: ["1- x3"],
    becomes: ["A 1- x3"],
    says: ["updated A 1- x3"],
  },
  "a notified alert takes another count": {
    notified: ["A 1- x3~4"],
    sorted: ["1- x5"],
    becomes: ["A 1- x5"],
    says: ["updated A 1- x5"],
  },
  "a notified alert takes another end": {
    notified: ["A 1-5 x3"],
    sorted: ["1-4 x3"],
    becomes: ["A 1-4 x3"],
    says: ["updated A 1-4 x3"],
  },
  "one that fires and is over in sorted input is resolved": {
    notified: ["A 1- x3~4"],
    sorted: ["1-5 x3"],
    becomes: ["A 1-5 x3"],
    says: ["resolved A 1-5 x3"],
  },
  "one that was notified as over and still fires opens again, under its id": {
    notified: ["A 1-5 x3"],
    sorted: ["1- x4"],
    becomes: ["A 1- x4"],
    says: ["opened A 1- x4"],
  },
  "it spans several of sorted input that lie in its time, and counts them all": {
    notified: ["A 1- x5~9"],
    sorted: ["1-3 x2", "6- x4"],
    becomes: ["A 1- x6"],
    says: ["updated A 1- x6"],
  },
  "of two that are one in sorted input the older takes it, and the younger ends at its start": {
    notified: ["A 1-3 x2", "B 6- x4~9"],
    sorted: ["1- x6"],
    becomes: ["A 1- x6", "B 6-6 x4"],
    says: ["opened A 1- x6", "resolved B 6-6 x4"],
  },
  "one that fires and is none in sorted input is resolved at its start": {
    notified: ["A 3- x2~4"],
    sorted: [],
    becomes: ["A 3-3 x2"],
    says: ["resolved A 3-3 x2"],
  },
  "one that is over and is none in sorted input stays as it was notified": {
    notified: ["A 3-5 x2"],
    sorted: [],
    becomes: ["A 3-5 x2"],
    says: [],
  },
  "one that lies apart from what was notified is a new alert": {
    notified: ["A 1-3 x2"],
    sorted: ["1-3 x2", "6- x4"],
    becomes: ["A 1-3 x2", "new 6- x4"],
    says: ["opened new 6- x4"],
  },
  "two that touch at one moment are one": {
    notified: ["A 1-3 x2"],
    sorted: ["3- x4"],
    becomes: ["A 3- x4"],
    says: ["opened A 3- x4"],
  },
  "what fires beyond the first open deadline stays until that is decided": {
    notified: ["A 6- x4~7"],
    sorted: [],
    stop: 5,
    becomes: ["A 6- x4"],
    says: [],
  },
  "one that would open beside it waits for that, too": {
    notified: ["A 6- x4~7"],
    sorted: ["8- x1"],
    stop: 5,
    becomes: ["A 6- x4"],
    says: [],
    held: "8- x1",
  },
  "while a deadline is open, an alert keeps the end that it was notified with": {
    notified: ["A 1-6 x3"],
    sorted: ["1- x2"],
    stop: 5,
    becomes: ["A 1-6 x3"],
    says: [],
  },
};

it.each(Object.entries(CASES))("%s", (_sentence, { notified, sorted, stop, becomes, says, held }) => {
  const known = notified.map(notifiedOf);
  const letters = new Map(known.map(({ alert }, place) => [alert.id, notified[place]![0]!]));
  const lineOf = ({ alert }: Pick<Notified, "alert">) => {
    const [start, end] = [alert.startsAt, alert.endsAt].map((iso) => (iso === null ? "" : minuteOf(iso)));
    return `${letters.get(alert.id) ?? "new"} ${start}-${end} x${alert.count}`;
  };
  const until = stop === undefined ? Number.POSITIVE_INFINITY : START + stop * MINUTE;
  const spans = sorted.map(spanOf);
  const made = reconcile(rule, KEY, known, spans, until, { nearest: () => undefined });
  expect({
    becomes: made.notified.map(lineOf),
    says: made.transitions.map((one) => `${one.kind} ${lineOf(one)}`),
    held: made.held && sorted[spans.indexOf(made.held)],
  }).toEqual({ becomes, says, held });
});

/** The numbers of `1-5 x3~4`; the newest match is at the start where none is given. */
function numbersOf(text: string) {
  const [, start, end, count, newest] = /(\d+)-(\d*) x(\d+)(?:~(\d+))?$/.exec(text)!;
  const at = (minute: string) => START + Number(minute) * MINUTE;
  const startsAt = at(start!);
  return { startsAt, endsAt: end ? at(end) : null, count: Number(count), newest: newest ? at(newest) : startsAt };
}

function notifiedOf(text: string): Notified {
  const { startsAt, endsAt, count, newest } = numbersOf(text);
  const event = eventAt((startsAt - START) / MINUTE, { id: `notified-${text}` });
  const { alert } = openAlert(rule, KEY, event, [event], count, startsAt);
  return { startsAt, endsAt, newest, alert: endsAt === null ? alert : endAlert(alert, endsAt) };
}

function spanOf(text: string): FoldedSpan {
  const { startsAt, endsAt, count, newest } = numbersOf(text);
  const event = eventAt((startsAt - START) / MINUTE, { id: `sorted-${text}` });
  return { startsAt, endsAt, count, newest, opening: { event, count, events: [event] }, events: [], pauses: [] };
}

function minuteOf(iso: string): number {
  return (Date.parse(iso) - START) / MINUTE;
}
