// Templates: what they show, what they cannot reach, and that none takes long or much, whatever it says.
import { expect, it, test } from "vitest";
import { openAlert } from "../../lib/rules/alert.ts";
import { compileRules } from "../../lib/rules/compile.ts";
import { compileTemplate } from "../../lib/rules/template.ts";
import { eventAt, START } from "../support/event.ts";
import { workOf } from "../support/work.ts";
import { ruleConfig, SOURCE } from "./support.ts";

const LONG = "x".repeat(16_000);
const SCOPE = {
  event: { message: "disk full", time: "2026-07-01T22:30:00Z", long: LONG, extracted: { n: 2 }, huge: 1e15 },
  alert: { count: 3, events: Array.from({ length: 20 }, () => ({ message: "<script".repeat(2_000) })) },
  rule: { id: "r" },
};

function render(template: string, timezone?: string): string {
  return compileTemplate(template, timezone)(SCOPE);
}

test.each([
  ["fields and filters", "{{ event.message | upcase }} ×{{ alert.count }}", "DISK FULL ×3"],
  ["a missing field as nothing", "[{{ event.nothing }}{{ event.a.b.c }}{{ alert.events[99].message }}]", "[]"],
  ["a name that is not there as nothing", "[{{ evnt.message }}]", "[]"],
  ["a filter of nothing as nothing", "[{{ event.nothing | upcase | date: '%Y' }}]", "[]"],
  [
    "conditions and loops",
    "{% for i in (1..event.extracted.n) %}{% if i > 1 %}b{% else %}a{% endif %}{% endfor %}",
    "ab",
  ],
  [
    "no prototype and no constructor",
    "[{{ event.constructor }}{{ event.__proto__ }}{{ event.message.constructor }}]",
    "[]",
  ],
  [
    "the present time as nothing",
    "[{{ 'now' | date: '%s' }}{{ 'today' | date_to_string }}{{ 'now' | date_to_xmlschema }}]",
    "[]",
  ],
  [
    "dates in UTC",
    "{{ event.time | date: '%Y-%m-%d %H:%M' }} {{ event.time | date_to_xmlschema }}",
    "2026-07-01 22:30 2026-07-01T22:30:00+00:00",
  ],
  ["dates in a zone that they name", "{{ event.time | date: '%Y-%m-%d %H:%M', 'Asia/Shanghai' }}", "2026-07-02 06:30"],
  ["long text cut", "{{ event.long }}", `${LONG.slice(0, 4_000)}…`],
])("%s", (_, template, shown) => {
  expect(render(template)).toBe(shown);
});

it("shows dates in the configured zone, with its summer time", () => {
  expect(render("{{ event.time | date: '%Y-%m-%d %H:%M' }}", "Europe/Berlin")).toBe("2026-07-02 00:30");
  expect(render("{{ '2026-01-01T22:30:00Z' | date: '%H:%M' }}", "Europe/Berlin")).toBe("23:30");
});

test.each([
  [
    "a part without a value",
    "Pool status changed, from Running to Abnormal, details: .",
    "Pool status changed, from Running to Abnormal",
  ],
  ["one in the middle", "Job failed. Reason: . Retry later.", "Job failed. Retry later"],
  [
    "a cause that is not given",
    "[worker-0] Failed to download the code. Failure cause:",
    "[worker-0] Failed to download the code",
  ],
  [
    "line breaks, doubled blanks and the full stop",
    "Image not built.  For details, see logs :\n step 3.",
    "Image not built. For details, see logs: step 3",
  ],
  [
    "nothing of a text that says something",
    "Service a failed. Error: 10.0.0.1:80 refused",
    "Service a failed. Error: 10.0.0.1:80 refused",
  ],
  ["nothing but stops of a text that is one name", "Error: .", "Error"],
  ["no text", "", ""],
])("tidy takes out %s", (_, text, shown) => {
  const template = compileTemplate("{{ event.message | tidy }}");
  expect(template({ ...SCOPE, event: { message: text } })).toBe(shown);
});

test.each([
  ["an inclusion", "{% include '/etc/hostname' %}", 'tag "include" not found'],
  ["a partial", "{% render 'package.json' %}", 'tag "render" not found'],
  ["a layout", "{% layout 'package.json' %}{% block a %}{% endblock %}", 'tag "layout" not found'],
  ["an unknown filter", "{{ event.message | eval }}", "undefined filter: eval"],
  ["an unknown tag", "{% javascript %}{% endjavascript %}", 'tag "javascript" not found'],
  ["an output without end", "{{ event.message", "not closed"],
  ["more than a template may be long", "x".repeat(20_001), "parse length limit exceeded"],
])("%s is refused where it is written", (_, template, reason) => {
  expect(() => compileTemplate(template)).toThrow(reason);
});

const DOUBLING =
  "{% capture s %}0123456789{% endcapture %}{% for i in (1..24) %}{% capture s %}{{ s }}{{ s }}{% endcapture %}";

test.each([
  ["a loop over a huge range", "{% for i in (1..100000000) %}x{% endfor %}"],
  ["a range that an event sizes", "{% for i in (1..event.huge) %}x{% endfor %}"],
  ["loops in loops", "{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}"],
  ["a table of a huge range", "{% tablerow i in (1..100000000) %}x{% endtablerow %}"],
  ["a text that doubles itself", `${DOUBLING}{% endfor %}{{ s }}`],
  ["a raw text that doubles itself", `${DOUBLING.replaceAll("s }}", "s | raw }}")}{% endfor %}{{ s | size }}`],
  [
    "a list that doubles itself",
    "{% assign l = alert.events %}{% for i in (1..60) %}{% assign l = l | concat: l %}{% endfor %}",
  ],
  ["a text that is replaced by long ones", "{{ event.long | replace: 'x', event.long }}"],
  ["a date of huge width", "{{ event.time | date: '%1000000000d' }}"],
  ["a long text again and again", `{% for i in (1..5000) %}${"y".repeat(10_000)}{% endfor %}`],
])("%s fails at once", (_, template) => {
  expect(workOf(() => expect(() => render(template)).toThrow())).toBeLessThan(2_000);
});

it("filters that search long hostile text end at once", () => {
  const filters = [
    "strip_html",
    "escape_once",
    "normalize_whitespace",
    "slugify",
    "truncatewords: 3",
    "strip_newlines",
    "tidy",
  ];
  const work = workOf(() => {
    for (const filter of filters) render(`{{ alert.events | map: "message" | join | ${filter} | size }}`);
  });
  expect(work).toBeLessThan(2_000);
});

test.each([
  ["renders nothing", "{{ event.labels.owner }}"],
  ["renders blanks", " {{ event.labels.owner }} \n\t"],
  ["renders what cannot be seen", "{{ event.labels.owner }}\u200b\u2060"],
  ["fails", "{% for i in (1..99999) %}x{% endfor %}"],
])("a summary that %s is the default one", (_what, summary) => {
  const rule = compileRules([ruleConfig({ summary, description: "{{ alert.summary }}" })], [SOURCE]).all[0]!;
  const event = eventAt(0, { message: "disk full" });
  const { alert } = openAlert(rule, {}, event, [event], 1, START);
  const whole = `${event.resource.name}: disk full`;
  expect(alert).toMatchObject({ summary: whole, description: whole });
});
