// Services with one incident for each alert: the incident's page, and their list where there are many.

import { type Body, type Drawn, escaped, tag } from "./html.ts";
import { marked } from "./markdown.ts";
import type { Sent } from "./requests.ts";

/** What a service shows of one. */
interface Incident {
  state: string;
  isOver: boolean;
  name: string;
  /** In the list: what the service sorts by. */
  urgency: string;
  /** HTML. */
  text?: string;
  facts: Record<string, unknown>;
  /** Small words beside the name. */
  tags?: string[];
  pages?: string[];
}

const STYLE = `
.message:first-child, .message:last-child { max-height: 800px } .message { max-height: 330px }
.bar { border-left: 5px solid #d32f2f; padding: 4px 12px } .over { border-color: #2e7d32 }
.name { font-size: 17px; font-weight: 600; margin: 4px 0 8px; line-height: 1.35 } .state { font-size: 12px; font-weight: bold }
.text { margin: 0 0 8px; padding-left: 2px; line-height: 1.45; overflow-wrap: anywhere }
td { vertical-align: top; padding: 2px 14px 2px 0; font-size: 13px; overflow-wrap: anywhere } td:first-child { color: #6b6b6b; white-space: nowrap }
.tag { display: inline-block; background: #eceff3; border-radius: 3px; font-size: 12px; padding: 1px 6px; margin: 0 5px 5px 0 }
.row { display: flex; gap: 10px; border-bottom: 1px solid #e4e6ea; padding: 6px 2px; font-size: 13px }
.row .state { width: 76px; color: #d32f2f } .row .urgency { width: 52px; color: #6b6b6b }
.row .title { flex: 1; overflow: hidden; white-space: nowrap; text-overflow: ellipsis } a { color: #0a6fd8 }`;

function drawn(incidents: Incident[]): Drawn {
  return { html: incidents.length > 1 ? incidents.map(row).join("") : incidents.map(page).join(""), style: STYLE };
}

function row({ state, name, urgency }: Incident): string {
  const cells = [tag("span", "state", escaped(state)), tag("span", "urgency", escaped(urgency))];
  return tag("div", "row", ...cells, tag("span", "title", escaped(name)));
}

function page({ state, isOver, name, text = "", facts, tags = [], pages = [] }: Incident): string {
  const rows = Object.entries(facts).flatMap(([label, value]) =>
    value === undefined || value === ""
      ? []
      : [tag("tr", "", tag("td", "", escaped(label)), tag("td", "", escaped(String(value))))],
  );
  return tag(
    "div",
    isOver ? "bar over" : "bar",
    tag("div", "state", escaped(state)) + tag("div", "name", escaped(name)),
    ...tags.map((one) => tag("span", "tag", escaped(one))),
    text === "" ? "" : tag("div", "text", text),
    rows.length === 0 ? "" : tag("table", "", ...rows),
    ...pages.map((one) => `<a>${escaped(one)}</a> `),
  );
}

function pagerduty({ event_action, dedup_key, payload, links = [] }: Body): Incident {
  if (event_action === "resolve") {
    return { state: "RESOLVED", isOver: true, name: `Incident ${dedup_key}`, urgency: "", facts: {} };
  }
  const { summary, severity, source, component, group, class: kind, custom_details } = payload;
  const { description, count, labels, events } = custom_details;
  const event = events?.at(-1);
  return {
    state: "TRIGGERED",
    isOver: false,
    name: summary,
    urgency: severity,
    facts: { severity, source, component, group, class: kind, description, count, ...labels, event },
    pages: links.map(({ text }: Body) => text),
  };
}

/** Opsgenie and Jira Service Management. What closes an alert has its alias in the address. */
function genie(body: Body, url: string): Incident {
  const alias = /\/alerts\/([^/?]+)\/close/.exec(url)?.[1];
  if (alias !== undefined) {
    return { state: "CLOSED", isOver: true, name: `Alert ${alias}`, urgency: "", facts: { note: body.note } };
  }
  const { message, priority, description, source, entity, tags, details } = body;
  return {
    state: "OPEN",
    isOver: false,
    name: message,
    urgency: priority,
    // Neither formats Markdown.
    text: escaped(description),
    tags: [priority, ...tags],
    facts: { alias: body.alias, source, entity, ...details },
  };
}

function incidentIo({ title, description, status, deduplication_key, metadata, source_url }: Body): Incident {
  return {
    state: status.toUpperCase(),
    isOver: status === "resolved",
    name: title,
    urgency: metadata.severity,
    text: marked(description),
    facts: { deduplication_key, ...metadata },
    pages: source_url ? ["View in source"] : [],
  };
}

function grafanaOncall({ alert_uid, title, state, message, link_to_upstream_details, ...facts }: Body): Incident {
  return {
    state: state === "ok" ? "RESOLVED" : "FIRING",
    isOver: state === "ok",
    name: title,
    urgency: facts.severity,
    text: marked(message),
    facts: { alert_uid, ...facts },
    pages: link_to_upstream_details ? ["Source"] : [],
  };
}

/** As an example's own clock has it, an open alert ends later. */
function alertmanager({ labels, annotations, startsAt, endsAt, generatorURL }: Body, now: number): Incident {
  const isOver = Date.parse(endsAt) <= now;
  const { summary, ...others } = annotations;
  return {
    state: isOver ? "RESOLVED" : "ACTIVE",
    isOver,
    name: summary,
    urgency: labels.severity,
    tags: Object.entries(labels).map(([name, value]) => `${name}="${value}"`),
    facts: { startsAt, endsAt: isOver ? endsAt : undefined, ...others },
    pages: generatorURL ? ["Source"] : [],
  };
}

export const incidents = {
  pagerduty: (sent: Sent[]): Drawn => drawn(sent.map(({ body }) => pagerduty(body))),
  genie: (sent: Sent[]): Drawn => drawn(sent.map(({ body, url }) => genie(body, url))),
  incidentIo: (sent: Sent[]): Drawn => drawn(sent.map(({ body }) => incidentIo(body))),
  grafanaOncall: (sent: Sent[]): Drawn => drawn(sent.map(({ body }) => grafanaOncall(body))),
  alertmanager: (sent: Sent[], now: number): Drawn =>
    drawn(sent.flatMap(({ body }) => body.map((one: Body) => alertmanager(one, now)))),
};
