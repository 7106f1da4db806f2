// The difference between what two configurations would have notified of in the same history. Pure.
import { lookup } from "../../../model/lookup.ts";
import type { Outcome, WouldBeAlert, WouldBeMessage } from "./outcome.ts";

/** `this` is the first configuration, `other` the one that it is compared to. */
export interface Comparison {
  totals: { alerts: Sides<number>; messages: Sides<number> };
  /** Messages by channel. */
  channels: Record<string, Sides<number>>;
  /** Those that differ most in messages first; null: the configuration has no such rule. */
  rules: { rule: string; alerts: Sides<number | null>; messages: Sides<number | null> }[];
  /** Alerts that one of them alone would have opened: the same alert has the same rule, key and opening event. */
  alerts: Sides<WouldBeAlert[]>;
  /** Alerts that both would have opened, but not alike: other words, another severity, count or end. */
  changed: Sides<WouldBeAlert>[];
  /** Messages that one of them alone would have sent: at that time, to that channel, about those alerts. */
  messages: Sides<WouldBeMessage[]>;
  /**
   * Alerts and messages are compared one by one up to then, since either has too many to list them
   * all; null: to the end.
   */
  comparedTo: Outcome["listedTo"];
}

export interface Sides<T> {
  this: T;
  other: T;
}

export function compareOutcomes(first: Outcome, second: Outcome): Comparison {
  const names = (pick: (outcome: Outcome) => string[]) => [...new Set([...pick(first), ...pick(second)])];
  const comparedTo = {
    alerts: earlier(first.listedTo.alerts, second.listedTo.alerts),
    messages: earlier(first.listedTo.messages, second.listedTo.messages),
  };
  const isBefore = (at: string, end: string | null) => end === null || at < end;
  const both = [first, second];
  const alerts = both.map(({ alerts }) => alerts.filter(({ startsAt }) => isBefore(startsAt, comparedTo.alerts)));
  const messages = both.map(({ messages }) => messages.filter(({ at }) => isBefore(at, comparedTo.messages)));
  const messagesOf = (outcome: Outcome, channel: string) => lookup(outcome.channels, channel) ?? 0;
  const channels = names(({ channels }) => Object.keys(channels)).map((name): [string, Sides<number>] => {
    return [name, { this: messagesOf(first, name), other: messagesOf(second, name) }];
  });
  return {
    totals: {
      alerts: { this: first.totals.alerts, other: second.totals.alerts },
      messages: { this: first.totals.messages, other: second.totals.messages },
    },
    channels: Object.fromEntries(channels),
    rules: names(({ rules }) => rules.map(({ rule }) => rule))
      .map((rule) => compareRule(rule, first, second))
      .sort((a, b) => distance(b) - distance(a) || (a.rule < b.rule ? -1 : 1)),
    alerts: onlyIn(alerts[0]!, alerts[1]!),
    changed: changedIn(alerts[0]!, alerts[1]!),
    messages: onlyIn(messages[0]!, messages[1]!),
    comparedTo,
  };
}

/** The earlier of two moments, of which null comes last. */
function earlier(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b < a) ? b : a;
}

type ComparedRule = Comparison["rules"][number];

function compareRule(rule: string, first: Outcome, second: Outcome): ComparedRule {
  const [a, b] = [first, second].map(({ rules }) => rules.find((figures) => figures.rule === rule));
  return {
    rule,
    alerts: { this: a?.alerts ?? null, other: b?.alerts ?? null },
    messages: { this: a?.messages ?? null, other: b?.messages ?? null },
  };
}

function distance({ messages }: ComparedRule): number {
  return Math.abs((messages.this ?? 0) - (messages.other ?? 0));
}

function onlyIn<T extends { id: string }>(first: readonly T[], second: readonly T[]): Sides<T[]> {
  const [inFirst, inSecond] = [first, second].map((list) => new Set(list.map(({ id }) => id)));
  return {
    this: first.filter(({ id }) => !inSecond!.has(id)),
    other: second.filter(({ id }) => !inFirst!.has(id)),
  };
}

function changedIn(first: readonly WouldBeAlert[], second: readonly WouldBeAlert[]): Sides<WouldBeAlert>[] {
  const others = new Map(second.map((alert) => [alert.id, alert]));
  return first.flatMap((alert) => {
    const other = others.get(alert.id);
    return other === undefined || isAlike(alert, other) ? [] : [{ this: alert, other }];
  });
}

function isAlike(a: WouldBeAlert, b: WouldBeAlert): boolean {
  return (["severity", "summary", "count", "end", "endsAt"] as const).every((field) => a[field] === b[field]);
}
