// The report of a backtest for people: what was read, how often each rule would have notified, what would have fired,
// and with another configuration the difference.
import type { Backtest } from "../../app/replay/backtest/backtest.ts";
import type { Sides } from "../../app/replay/backtest/compare.ts";
import type { RuleFigures, Unnotified, WouldBeAlert, WouldBeMessage } from "../../app/replay/backtest/outcome.ts";
import { type Io, oneLine, styled, table } from "../io.ts";

/** As many alerts, messages and failures are shown of each list; `--json` has more. */
const SHOWN = 200;
/** Characters of a line of running text. */
const WIDTH = 120;
/** ms */
const UNITS: readonly [unit: number, noun: string][] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
];

/** What became of an alert that no message named. */
const FATES: Record<Unnotified, string> = {
  silenced: "silenced",
  muted: "muted",
  inhibited: "inhibited",
  later: "notified later",
  passed: "nobody",
};

export interface Names {
  config: string;
  rule?: string;
  compare?: string;
}

export function describeBacktest(io: Io, result: Backtest, { config, rule, compare }: Names): string {
  const of = rule === undefined ? config : `rule ${rule} of ${config}`;
  const span = spanOf(Date.parse(result.until) - Date.parse(result.since));
  const parts = [
    `Backtest of ${of}, ${minute(result.since)} to ${minute(result.until)} (${span})\n${history(io, result)}`,
    figures(io, result),
    alerts(io, "Would have fired", result.alerts, result.unlisted.alerts),
  ];
  if (compare !== undefined && result.compare) parts.push(...comparison(io, result.compare, config, compare));
  return parts.filter((part) => part !== "").join("\n");
}

function spanOf(ms: number): string {
  const [unit, noun] = UNITS.find(([unit]) => ms >= unit) ?? UNITS.at(-1)!;
  return count(Math.round((ms / unit) * 10) / 10, noun);
}

function history(io: Io, { sources, unread }: Backtest): string {
  const rows = sources.map(({ source, targets, events, oldest, malformed }) => {
    const from = oldest === null ? "" : `, the oldest of ${minute(oldest)}`;
    const bad = malformed === 0 ? "" : `, ${count(malformed, "item")} not understood`;
    return [`  ${source}`, count(targets, "target"), `${count(events, "event")}${from}${bad}`];
  });
  const lines = unread.slice(0, SHOWN).map(({ source, target, error, readTo }) => {
    const what = target === null ? `the targets of ${source}` : `${source} ${target}`;
    const how = readTo === null ? "not read" : `read up to ${minute(readTo)} alone`;
    return `${styled(io, "red", `  ! ${how}: ${oneLine(what)}: ${oneLine(error, 400)}`)}\n`;
  });
  return `${table(io, rows)}${lines.join("")}${more(unread.length)}`;
}

function figures(io: Io, { rules, channels, totals }: Backtest): string {
  const sent = Object.entries(channels).length === 0 ? "" : ` (${byChannel(channels)})`;
  const total = `${count(totals.alerts, "alert")}, ${count(totals.messages, "message")}${sent}\n`;
  const fired = rules.filter(({ alerts }) => alerts > 0);
  const silent = rules.filter(({ alerts }) => alerts === 0).map(({ rule }) => rule);
  const never = silent.length === 0 ? "" : wrapped(`never fired (${silent.length}): ${silent.join(", ")}`);
  if (fired.length === 0) return `${total}${never}`;
  const head = ["RULE", "ALERTS", "MESSAGES", "A DAY", "BRIEF", "ALONE", "BACK", "TO"];
  const rows = fired.map(({ rule, alerts, messages, channels, noise }) => [
    rule,
    `${alerts}`,
    `${messages}`,
    `${noise.messagesPerDay}`,
    percent(noise.brief),
    percent(noise.unfollowed),
    percent(noise.back),
    messages === 0 ? "nobody" : byChannel(channels),
  ]);
  const legend =
    "A DAY: messages a day. Of the alerts: BRIEF resolved within 5 minutes, ALONE nothing followed, BACK its key fired again within an hour.\n";
  const worst = fired.flatMap((figure) => worstOf(figure));
  return `${total}\n${table(io, [head, ...rows])}${styled(io, "dim", legend)}${worst.join("")}${never}`;
}

function worstOf({ rule, alerts, noise: { worst } }: RuleFigures): string[] {
  if (worst === null || worst.alerts * 2 < alerts) return [];
  return [`${rule}: ${worst.alerts} of ${alerts} alerts are of ${oneLine(keyText(worst.key))}\n`];
}

function alerts(io: Io, title: string, list: readonly WouldBeAlert[], unlisted = 0): string {
  if (list.length === 0) return "";
  const shortKey = shortKeys(list);
  const rows = list
    .slice(0, SHOWN)
    .map(({ startsAt, severity, rule, key, summary, count, messages, unnotified, ...alert }) => [
      `${startsAt.slice(0, 19)}Z`,
      severity,
      rule,
      `×${count}`,
      ended(alert, startsAt),
      unnotified === null ? byChannel(messages) : FATES[unnotified],
      oneLine(shortKey(key), 60),
      oneLine(summary),
    ]);
  return `${title}:\n${table(io, rows)}${more(list.length + unlisted)}`;
}

function ended({ end, endsAt }: Pick<WouldBeAlert, "end" | "endsAt">, startsAt: string): string {
  if (end === "firing") return "still firing";
  if (end === "closed" || endsAt === null) return "closed";
  return `resolved after ${duration(Date.parse(endsAt) - Date.parse(startsAt))}`;
}

function comparison(
  io: Io,
  { totals, rules, channels, alerts: only, changed, messages, comparedTo }: NonNullable<Backtest["compare"]>,
  config: string,
  other: string,
): string[] {
  const sides = ({ this: a, other: b }: Sides<number | null>) => [`${a ?? "-"}`, `${b ?? "-"}`];
  const head = ["", "ALERTS", `ALERTS'`, "MESSAGES", `MESSAGES'`];
  const all = ["all", ...sides(totals.alerts), ...sides(totals.messages)];
  const silent = ({ alerts: { this: a, other: b } }: (typeof rules)[number]) => !a && !b;
  const rows = rules
    .filter((compared) => !silent(compared))
    .map(({ rule, alerts, messages }) => [rule, ...sides(alerts), ...sides(messages)]);
  const never = rules.filter(silent).length;
  const unheard = never === 0 ? "" : `never fired with either: ${count(never, "rule")}\n`;
  const sent = Object.entries(channels).map(([name, messages]) => [`to ${name}`, "", "", ...sides(messages)]);
  const note = Object.entries(comparedTo).map(([what, at]) => {
    return at === null ? "" : `There are too many ${what} to list: they are compared one by one up to ${minute(at)}.\n`;
  });
  return [
    `${config} compared to ${other} (marked '):\n${table(io, [head, all, ...rows, ...sent])}${unheard}${note.join("")}`,
    alerts(io, `Alerts only with ${config}`, only.this),
    alerts(io, `Alerts only with ${other}`, only.other),
    changes(io, `Alerts that are others with ${other}`, changed),
    messageList(io, `Messages only with ${config}`, messages.this),
    messageList(io, `Messages only with ${other}`, messages.other),
  ];
}

/** What is another, side by side. */
function changes(io: Io, title: string, list: readonly Sides<WouldBeAlert>[]): string {
  if (list.length === 0) return "";
  const shortKey = shortKeys(list.map(({ this: alert }) => alert));
  const rows = list.slice(0, SHOWN).map(({ this: a, other: b }) => {
    const facts = (alert: WouldBeAlert) => [
      alert.severity,
      `×${alert.count}`,
      ended(alert, alert.startsAt),
      oneLine(alert.summary),
    ];
    const then = facts(b);
    const what = facts(a).flatMap((fact, at) => (fact === then[at] ? [] : [`${fact} → ${then[at]}`]));
    return [`${a.startsAt.slice(0, 19)}Z`, a.rule, oneLine(shortKey(a.key), 60), what.join(", ")];
  });
  return `${title}:\n${table(io, rows)}${more(list.length)}`;
}

function messageList(io: Io, title: string, list: readonly WouldBeMessage[]): string {
  if (list.length === 0) return "";
  const rows = list.slice(0, SHOWN).map(({ at, channel, reason, rules, count: alerts }) => {
    return [`${at.slice(0, 19)}Z`, channel, reason, count(alerts, "alert"), oneLine(rules.join(", "))];
  });
  return `${title}:\n${table(io, rows)}${more(list.length)}`;
}

function more(length: number): string {
  return length <= SHOWN ? "" : `… and ${length - SHOWN} more: --rule shows those of one rule, --json the whole list\n`;
}

function byChannel(channels: Record<string, number>): string {
  return Object.entries(channels)
    .sort(([, a], [, b]) => b - a)
    .map(([name, messages]) => `${name} ${messages}`)
    .join(", ");
}

function keyText(key: Record<string, unknown>): string {
  return Object.entries(key)
    .map(([path, value]) => `${path}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

/** Keys without the connection where they all have the same. */
function shortKeys(list: readonly WouldBeAlert[]): (key: Record<string, unknown>) => string {
  const same = new Set(list.map(({ key }) => key["connection"])).size === 1;
  return (key) => {
    const { connection: _same, ...rest } = key;
    return keyText(same ? rest : key);
  };
}

function duration(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1000)}s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)}m`;
  return ms < 172_800_000 ? `${Math.round(ms / 360_000) / 10}h` : `${Math.round(ms / 8_640_000) / 10}d`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function minute(instant: string): string {
  return `${instant.slice(0, 16)}Z`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** In lines of a width that is read with ease, those after the first indented. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.length + word.length >= WIDTH) {
      lines.push(line);
      line = " ";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return `${[...lines, line].join("\n")}\n`;
}
