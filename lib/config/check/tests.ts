// What a schema cannot say of rule tests: what belongs together, times in their order, and names that exist.
import type * as z from "zod";
import type { RuleTest, TestEvent, TestFile } from "../../model/files/test-file.ts";
import type { Place } from "../../model/place.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findingAt, type Location } from "../document/finding.ts";
import { partAt } from "../document/raw.ts";
import { unknownName } from "../document/words.ts";
import { checkPattern } from "./patterns.ts";
import { endOf, lastFound, momentOf, startOf } from "./test-times.ts";

const DAY = 86_400_000;
/** A test's clock runs for no longer than this: what is held back is looked at every few minutes. */
const MAX_DAYS = 366;
/** Keys that say something about channels, which only a configuration has. */
const ABOUT_CHANNELS = ["channels", "suppressedBy"] as const;

export function checkTests(
  { config, rules, tests }: z.infer<typeof TestFile>,
  document: Document,
  compilePattern: (pattern: unknown) => unknown,
): Finding[] {
  const findings: Finding[] = [];
  const say = (place: Place, message: string, hint?: string, part: "key" | "value" = "key") => {
    findings.push(findingAt(document.locate(place, part), place, message, hint));
  };
  if (config === undefined && rules === undefined)
    say([], "there are no rules to test", "add config with the path of a lookout.yml, or rules");
  if (config !== undefined && rules !== undefined)
    say(["rules"], '"rules" stands beside "config", which has its own', "keep one of them");
  const names = new Set<string>();
  for (const [index, test] of tests.entries()) {
    const place = ["tests", index];
    if (names.has(test.name)) say([...place, "name"], `the name "${test.name}" is given twice`);
    names.add(test.name);
    checkTimes(test, place, say);
    for (const nth of test.silences.keys()) {
      const at = [...place, "silences", nth, "match"];
      findings.push(...checkPattern(partAt(document.root, at), document, at, compilePattern));
    }
    if (config === undefined) checkWithoutConfig(test, place, say);
  }
  return findings;
}

type Say = (place: Place, message: string, hint?: string) => void;

function checkTimes(test: RuleTest, place: Place, say: Say): void {
  const [start, end] = [startOf(test), endOf(test)];
  for (const [index, event] of test.events.entries()) {
    const at = [...place, "events", index];
    checkRepetition(event, at, say);
    if (momentOf(event.at, start) < start) say([...at, "at"], "the event lies before the test's start");
    if (lastFound(event, start) > end) say([...at, "at"], 'the event is found after "until"');
  }
  for (const [index, { ends }] of test.targets.entries()) {
    const at = [...place, "targets", index, "ends"];
    if (ends === undefined) continue;
    if (momentOf(ends, start) < start) say(at, "the target ends before the test's start");
    if (momentOf(ends, start) > end) say(at, 'the target ends after "until"');
  }
  checkActs(test, place, say);
  if (end < start) say([...place, "until"], '"until" lies before the test\'s start');
  if (end > start + MAX_DAYS * DAY)
    say([...place, "until"], `the test takes longer than ${MAX_DAYS}d`, "let it start later, or end earlier");
}

/** What people do in the test. */
function checkActs(test: RuleTest, place: Place, say: Say): void {
  const [start, end] = [startOf(test), endOf(test)];
  for (const [index, { at }] of test.acks.entries()) {
    const ack = [...place, "acks", index, "at"];
    if (momentOf(at, start) < start) say(ack, "the acknowledgement lies before the test's start");
    if (momentOf(at, start) > end) say(ack, 'the acknowledgement comes after "until"');
  }
  for (const [index, { from, until }] of test.silences.entries()) {
    if (until === undefined || momentOf(until, start) > momentOf(from, start)) continue;
    say([...place, "silences", index, "until"], '"until" is not after "from"');
  }
}

function checkRepetition({ repeat, every }: TestEvent, place: Place, say: Say): void {
  if (repeat !== undefined && repeat > 1 && every === undefined)
    say([...place, "repeat"], '"repeat" needs "every"', "add every: 1m, or how long after one the next one comes");
  if (every !== undefined && repeat === undefined)
    say([...place, "every"], '"every" needs "repeat"', "add repeat: 5, or how many there are");
}

function checkWithoutConfig({ expect, notifications }: RuleTest, place: Place, say: Say): void {
  const hint = "name a lookout.yml with config, in place of rules";
  for (const [index, expected] of expect.entries()) {
    for (const key of ABOUT_CHANNELS) {
      if (expected[key] !== undefined) say([...place, "expect", index, key], `"${key}" needs a configuration`, hint);
    }
  }
  if (notifications !== undefined) say([...place, "notifications"], '"notifications" needs a configuration', hint);
}

/** Rules, channels and time intervals that a test expects and the configuration does not have: it could never pass. */
export function checkNames(
  { tests, locate }: { tests: readonly RuleTest[]; locate(place: Place): Location },
  { rules, channels, intervals }: Record<"rules" | "channels" | "intervals", readonly string[]>,
): Finding[] {
  const findings: Finding[] = [];
  const exists = (place: Place, what: string, name: string | undefined, known: readonly string[]) => {
    if (name === undefined || known.includes(name)) return;
    findings.push(findingAt(locate(place), place, ...unknownName(what, name, known)));
  };
  for (const [index, { expect, acks, silences, notifications = [] }] of tests.entries()) {
    for (const [at, { rule }] of acks.entries()) exists(["tests", index, "acks", at, "rule"], "rule", rule, rules);
    for (const [at, { during = [] }] of silences.entries()) {
      const place = ["tests", index, "silences", at, "during"];
      for (const [nth, name] of during.entries()) exists([...place, nth], "time interval", name, intervals);
    }
    for (const [at, expected] of expect.entries()) {
      const place = ["tests", index, "expect", at];
      exists([...place, "rule"], "rule", expected.rule, rules);
      for (const [nth, name] of (expected.channels ?? []).entries())
        exists([...place, "channels", nth], "channel", name, channels);
    }
    for (const [at, expected] of notifications.entries()) {
      const place = ["tests", index, "notifications", at];
      exists([...place, "channel"], "channel", expected.channel, channels);
      for (const [nth, rule] of (expected.alerts ?? []).entries())
        exists([...place, "alerts", nth], "rule", rule, rules);
    }
  }
  return findings;
}
