// PagerDuty: an incident as its page shows it.
import { type Body, type Drawn, escaped, tag } from "./html.ts";

const STYLE = `
.bar { border-left: 5px solid #d32f2f; padding: 4px 12px } .over { border-color: #2e7d32 }
.name { font-size: 17px; font-weight: 600; margin: 4px 0 8px; line-height: 1.35 } .state { font-size: 12px; font-weight: bold }
td { vertical-align: top; padding: 2px 14px 2px 0; font-size: 13px; overflow-wrap: anywhere } td:first-child { color: #6b6b6b; white-space: nowrap }
a { color: #0a6fd8 }`;

function pagerduty({ event_action, dedup_key, payload, links = [] }: Body): Drawn {
  if (event_action === "resolve") {
    const html = tag("div", "bar over", tag("div", "state", "RESOLVED"), tag("div", "name", `Incident ${dedup_key}`));
    return { html, style: STYLE };
  }
  const { summary, severity, source, component, group, class: kind, custom_details } = payload;
  const { description, count, labels, events } = custom_details;
  const facts = {
    severity,
    source,
    component,
    group,
    class: kind,
    description,
    count,
    ...labels,
    event: events?.at(-1),
  };
  const rows = Object.entries(facts).map(([name, value]) =>
    tag("tr", "", tag("td", "", escaped(name)), tag("td", "", escaped(String(value)))),
  );
  const pages = links.map(({ text }: Body) => `<a>${escaped(text)}</a> `);
  const head = tag("div", "state", "TRIGGERED") + tag("div", "name", escaped(summary));
  return { html: tag("div", "bar", head, tag("table", "", ...rows), ...pages), style: STYLE };
}

export const incidents = { pagerduty };
