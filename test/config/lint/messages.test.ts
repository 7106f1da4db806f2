// Lint: templates of channels that name what no notification has.
import { expect, test } from "vitest";
import { file, lint } from "./linting.ts";

const words = (template: string) => file({ channels: `{ out: { type: console, template: '${template}' } }` });

test.each<[sentence: string, template: string, ...printed: string[]]>([
  ["Lookout's own words and more", "{{ title }} {{ text }} {{ group.rule }} {{ suppressed.muted }}", ""],
  ["an alert by its place", "{{ alerts[0].summary }} {{ alerts.first.labels.team }} {{ alerts.size }}", ""],
  ["alerts in a loop", "{% for a in alerts %}{{ a.newCount }} {{ a.reason }} {{ forloop.index }}{% endfor %}", ""],
  ["variables of the template's own", "{% assign n = alerts.size %}{{ n }}", ""],
  [
    "a name that there is not",
    "{{ titel }}",
    "lookout.yml:4:45: messages know version, id, channel, status, group, reason, alerts, suppressed, test, title, text, " +
      'not "titel"; did you mean "title"?',
  ],
  ["a field of a text", "{{ title.size }}", 'lookout.yml:4:45: no notification has a field "title.size"'],
  ["a field of all alerts", "{{ alerts.summary }}", 'lookout.yml:4:45: no notification has a field "alerts.summary"'],
  [
    "a field that no alert has",
    "{{ alerts[0].sumary }}",
    'lookout.yml:4:45: no alert has a field "sumary"; did you mean "summary"?',
  ],
  [
    "a field that no alert has, in a loop",
    "{%- for one in alerts -%}{{ one.resource.nam }}{% endfor %}",
    'lookout.yml:4:45: no alert has a field "resource.nam"; did you mean "resource.name"?',
  ],
  [
    "another count of what is held back",
    "{{ suppressed.silence }}",
    'lookout.yml:4:45: no notification has a field "suppressed.silence"; did you mean "silenced"?',
  ],
])("%s", async (_sentence, template, ...printed) => {
  const lines = (await lint({ "lookout.yml": words(template) })).split("\n");
  expect(lines.map((line, index) => line.slice(0, printed[index]?.length))).toEqual(printed);
});

test("every text of a body is looked at", async () => {
  const body = "{ a: ['{{ title }}', { b: '{{ alerts[0].id }} {{ nothing }}' }], c: 5 }";
  const channels = `{ out: { type: webhook, url: "https://x.example", template: ${body} } }`;
  expect(await lint({ "lookout.yml": file({ channels }) })).toMatch(/^lookout.yml:4:\d+: messages know .*"nothing"$/);
});
