// The pages that a message links to beside the runbook: the resource's own, or where its cloud's console begins, and
// Lookout's.
import { webAddress } from "../../channels/message/link.ts";
import type { Link } from "../../channels/port.ts";
import { ackLink, ackPath } from "../../model/ack-link.ts";
import type { Config, ConnectionConfig } from "../../model/config.ts";
import { lookup } from "../../model/lookup.ts";
import type { NotifiedAlert } from "../../model/notification.ts";
import { factsOf } from "../../model/source-kinds.ts";
import { compileTemplate, type Template } from "../../rules/template.ts";
import type { App } from "../deps.ts";

interface Pages {
  config: ConnectionConfig;
  /** By the type of the resource. */
  links: Readonly<Record<string, Template>>;
}

/** What `App.links` says. It asks for nothing: an alert holds all that a page is found by. */
export function compileLinks({ connections }: Pick<Config, "connections">): App["links"] {
  const pages = new Map(Object.entries(connections).map(([name, config]) => [name, pagesOf(config)]));
  return (alert) => {
    const own = pages.get(alert.connection ?? "");
    const page = own && (resourcePage(alert, own) ?? startPage(alert, own));
    return page ? [page] : [];
  };
}

/**
 * Lookout's own page about an alert below the console's address, and a link that acknowledges it, which is good for a
 * day. `secret` signs that; without one there is none.
 */
export function consoleLinks(publicUrl: string, secret: string | undefined, now: number): App["links"] {
  const base = publicUrl.replace(/\/+$/, "");
  return ({ id, status, acknowledgedBy }) => {
    const page = { text: "Lookout", url: `${base}/alerts/${id}` };
    if (secret === undefined || status === "resolved" || acknowledgedBy !== null) return [page];
    return [page, { text: "Acknowledge", url: base + ackPath(ackLink(secret, id, now)) }];
  };
}

function pagesOf(config: ConnectionConfig): Pages {
  const links = Object.entries(config.links ?? {}).map(([type, text]) => [type, compileTemplate(text)]);
  return { config, links: Object.fromEntries(links) };
}

/** Undefined where the configuration has none, or what it makes is no web address. */
function resourcePage(alert: NotifiedAlert, { config, links }: Pages): Link | undefined {
  const { resource, connection } = alert;
  const template = resource ? lookup(links, resource.type) : undefined;
  if (!resource || !template) return undefined;
  const scope = {
    resource: { type: inAddress(resource.type), id: inAddress(resource.id), name: inAddress(resource.name) },
    region: inAddress(alert.region ?? config.region),
    project: inAddress(alert.events.at(-1)?.project ?? config.projectId ?? ""),
    connection: inAddress(connection ?? ""),
  };
  try {
    const url = webAddress(template(scope));
    return url && { text: "Resource", url: url.href };
  } catch {
    // A page is a help: the message goes without it.
    return undefined;
  }
}

/** A value is text within the address: it is no other host, no query and no fragment. */
function inAddress(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

/** Neither cloud documents where a single resource has its page, so that none is guessed. */
function startPage({ source, region }: NotifiedAlert, { config }: Pages): Link | undefined {
  const facts = factsOf(source);
  if (!facts || config.cloud === "custom") return undefined;
  const service = facts.api;
  const where = encodeURIComponent(region ?? config.region);
  const url = {
    otc: `https://console.otc.t-systems.com/${service}/`,
    huaweicloud: `https://console.huaweicloud.com/${service}/?region=${where}`,
  }[config.cloud];
  return { text: "Console", url };
}
