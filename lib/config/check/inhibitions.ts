// What a schema cannot say of `inhibit`: its patterns compile, and an included file holds back alerts of its own rules
// alone.
import type { InhibitConfig } from "../../model/config.ts";
import { Inhibit } from "../../model/files/route-file.ts";
import type { Place } from "../../model/place.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findIn, findingAt } from "../document/finding.ts";
import type { InhibitSite } from "../document/includes.ts";
import { field, isMap } from "../document/raw.ts";
import { listed } from "../document/shown.ts";
import { validate } from "../document/validate.ts";
import { unknownName } from "../document/words.ts";
import { checkMatch } from "./patterns.ts";

const SIDES = ["source", "target"] as const;

type Compile = (pattern: unknown) => unknown;

/** Findings of the patterns of an entry of `inhibit`, in lookout.yml or in a file that it includes. */
export function checkInhibit(inhibit: unknown, document: Document, place: Place, compile: Compile): Finding[] {
  return SIDES.flatMap((side) => checkMatch(field(inhibit, side), document, [...place, side], compile));
}

/** Findings of what included files hold back. */
export function checkInhibitions(sites: readonly InhibitSite[], compile: Compile): Finding[] {
  return findIn(sites, (site) => [
    ...(site.document.rules === undefined ? checkInhibit(site.raw, site.document, site.place, compile) : []),
    ...SIDES.flatMap((side) => checkOwn(site, side)),
  ]);
}

/** Each side names rules of its file: alerts of other files are none of its business. */
function checkOwn({ raw, document, place, rules }: InhibitSite, side: (typeof SIDES)[number]): Finding[] {
  const pattern = field(raw, side);
  if (!isMap(pattern)) return [];
  const at = [...place, side, "rule"];
  const named = pattern["rule"];
  const names = Array.isArray(named) ? named : [];
  if (names.length === 0 || names.some((name) => typeof name !== "string")) {
    // What is no list is reported as a pattern.
    if (named !== undefined && !Array.isArray(named)) return [];
    const message = `"${side}" must name rules of this file: an included file holds back alerts of its own rules alone`;
    return [findingAt(document.locate(at), at, message, `write rule: [${listed(rules)}], or some of these`)];
  }
  return findIn(names, (name: string, index) => {
    if (rules.includes(name)) return [];
    const [message, hint] = unknownName("rule", name, rules);
    return [findingAt(document.locate([...at, index]), [...at, index], `${message} in this file`, hint)];
  });
}

/** What included files hold back, once nothing is wrong with it. */
export function inhibitConfigs(sites: readonly InhibitSite[]): InhibitConfig[] {
  return sites.flatMap(({ raw, document, place }) => validate(Inhibit, raw, document, place).value ?? []);
}
