// Words that people write for keys: misspellings, Alertmanager's and Prometheus' names, and keys
// that are not built yet.
import type { Place } from "../../model/place.ts";
import { listed, masked, shownWord } from "./shown.ts";

/** Words of neighbouring tools and what they are called here. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  receiver: '"channels", a list of names',
  receivers: '"channels", a map from name to channel',
  matchers: '"match", a pattern such as { severity: [critical] }',
  match_re: '"match", a pattern such as { rule: [{ wildcard: "deploy-*" }] }',
  group_by: '"groupBy"',
  group_wait: '"groupWait"',
  group_interval: '"groupInterval"',
  repeat_interval: '"repeatInterval"',
  mute_time_intervals: '"mute" in a route and "timeIntervals" for their definitions',
  active_time_intervals: '"active"',
  time_intervals: '"timeIntervals", a map from name to intervals',
  inhibit_rules: '"inhibit", a list of { source, target, equal }',
  source_matchers: '"source", a pattern such as { rule: [pool-down] }',
  target_matchers: '"target", a pattern such as { severity: [warning] }',
  source_match: '"source", a pattern such as { rule: [pool-down] }',
  target_match: '"target", a pattern such as { severity: [warning] }',
  source_match_re: '"source", a pattern such as { rule: [{ wildcard: "pool-*" }] }',
  target_match_re: '"target", a pattern such as { rule: [{ wildcard: "pool-*" }] }',
  global: "nothing: each channel has its own options",
  templates: '"template" in a channel',
  send_resolved: '"sendResolved" in a channel',
  resolve_timeout: '"resolve: { after: … }" in a rule',
  http_config: "nothing: proxies come from the environment",
  expr: '"when", an event pattern',
  alert: '"id"',
  annotations: '"summary", "description" and "runbook"',
  runbook_url: '"runbook"',
  groups: '"rules", a list',
  rule_files: '"rules: [{ include: … }]"',
  detail: '"when", a pattern over the event itself',
  schedule: '"every"',
  interval: '"every"',
};

/** Of a silence in Alertmanager's API. */
const SILENCE_NAMES: Readonly<Record<string, string>> = {
  startsAt: '"from"',
  endsAt: '"until"',
  createdBy: '"comment", which may say who',
};

/** promtool's words in the unit tests of rules. */
const TEST_NAMES: Readonly<Record<string, string>> = {
  rule_files: '"config", the path of a lookout.yml',
  input_series: '"events"',
  alert_rule_test: '"expect"',
  exp_alerts: '"expect"',
  exp_labels: '"labels"',
  eval_time: '"at"',
  alert: '"rule"',
  alertname: '"rule"',
  interval: '"every"',
};

/** What to say about a key that is not known at `place`, the object that holds it. */
export function aboutUnknownKey(key: string, place: Place, known: readonly string[]): [message: string, hint?: string] {
  const section = place.join(".");
  const message = `unknown key "${key}"`;
  const receiver = /^([a-z]{1,20})_configs$/.exec(key)?.[1];
  if (receiver !== undefined) return [message, `here it is a channel: "channels: { name: { type: ${receiver}, … } }"`];
  const camel = key.replace(/[_-]([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (camel !== key && known.includes(camel)) return [message, `here it is called "${camel}"`];
  if (section === "route" && /^(?:match|matchers|match_re|continue)$/.test(key)) {
    return [message, "the root takes every alert: only the routes below it have that"];
  }
  const names = known.includes("tests") || section.startsWith("tests") ? TEST_NAMES : OTHER_NAMES;
  const own = place.includes("silences") && Object.hasOwn(SILENCE_NAMES, key) ? SILENCE_NAMES[key] : undefined;
  const other = own ?? (Object.hasOwn(names, key) ? names[key] : undefined);
  if (other !== undefined) return [message, `here it is called ${other}`];
  const near = nearest(key, known);
  if (near !== undefined) return [message, didYouMean(near)];
  // It may be a secret, with or without its name before it.
  const colon = key.indexOf(":");
  const before = key.slice(0, Math.max(0, colon));
  if (known.includes(before)) return [`unknown key "${before}:…"`, "a space belongs behind the colon"];
  const hint = colon >= 0 ? "a space belongs behind the colon" : `known here: ${listed([...known].sort())}`;
  return [`unknown key ${masked(key)}`, ...(colon >= 0 || known.length > 0 ? [hint] : [])] as [string, string?];
}

export function didYouMean(word: string): string {
  return `did you mean "${word}"?`;
}

/** Longer words are no misspelled ones; characters. */
const LONGEST = 40;
/** Time zones are 400; of more channels than that, nobody is shown the nearest. */
const COMPARED = 600;

/** The known word that is most like the given one; undefined where none is like it. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { distance: number; word: string } | undefined;
  for (const candidate of known.slice(0, COMPARED)) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { distance, word: candidate };
  }
  return best?.word;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** What to say about a name that nothing has. */
export function unknownName(what: string, name: string, known: readonly string[]): [message: string, hint: string] {
  const near = nearest(name, known);
  if (near !== undefined) return [`there is no ${what} "${name}"`, didYouMean(near)];
  const all = known.length > 0 ? `there are ${listed(known)}` : `there is no ${what} at all`;
  return [`there is no ${what} ${shownWord(name)}`, all];
}

/**
 * The same of a list that is closed: what is not nearly in it is nothing that people would name so,
 * and may be a secret.
 */
export function unknownChoice(what: string, name: string, known: readonly string[]): [message: string, hint: string] {
  if (nearest(name, known) !== undefined) return unknownName(what, name, known);
  return [`there is no ${what} ${masked(name)}`, `there are ${listed(known)}`];
}
