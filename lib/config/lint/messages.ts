// Finds what templates of channels name and no notification has: it would be shown as nothing.
import { Liquid } from "liquidjs";
import type { Config } from "../../model/config.ts";
import { Notification, NotifiedAlert } from "../../model/notification.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import { textsIn } from "../document/raw.ts";
import type { Places } from "../load/load.ts";
import { type Problem, withNearest } from "./templates.ts";
import { unknownStep } from "./vocabulary.ts";

const ALERT_FIELDS = Object.keys(NotifiedAlert.shape);
const ROOTS = [...Object.keys(Notification.shape), "title", "text"];
const SUPPRESSED = Object.keys(Notification.shape.suppressed.shape);
/** What a loop calls each of the alerts. */
const LOOP = /\{%-?\s*for\s+(\w+)\s+in\s+alerts\b/g;
/** What Liquid knows of every list. */
const OF_LISTS = ["first", "last"];

export function lintMessages(config: Config, places: Places): Finding[] {
  const liquid = new Liquid();
  return Object.entries(config.channels).flatMap(([name, { template }]) =>
    textsIn(template, ["channels", name, "template"]).flatMap(([text, place]) =>
      problemsOf(text, liquid).map((problem) => findingAt(places.locate(place), place, ...problem)),
    ),
  );
}

function problemsOf(text: string, liquid: Liquid): Problem[] {
  const each = new Set([...text.matchAll(LOOP)].map(([, name]) => name!));
  const inLoops = liquid.variableSegmentsSync(text, { partials: false }).filter(([root]) => each.has(String(root)));
  return [
    ...liquid.globalVariableSegmentsSync(text, { partials: false }).flatMap(fieldProblems),
    ...inLoops.flatMap(([, ...steps]) => alertProblems(steps)),
  ];
}

function fieldProblems([first, ...steps]: readonly unknown[]): Problem[] {
  const root = String(first);
  if (!ROOTS.includes(root)) {
    return [withNearest(`messages know ${ROOTS.join(", ")}, not "${root}"`, root, ROOTS)];
  }
  const [step, ...rest] = steps;
  if (step === undefined || root === "group") return [];
  if (root === "suppressed" && rest.length === 0 && SUPPRESSED.includes(String(step))) return [];
  if (root === "alerts") {
    if (typeof step === "number" || OF_LISTS.includes(String(step)) || Array.isArray(step)) return alertProblems(rest);
    if (step === "size") return [];
  }
  const name = steps.map(String).join(".");
  return [withNearest(`no notification has a field "${root}.${name}"`, name, root === "suppressed" ? SUPPRESSED : [])];
}

/** A step that is no word is only known when the template is rendered. */
function alertProblems(steps: readonly unknown[]): Problem[] {
  const words = steps.slice(0, steps.findIndex((step) => typeof step !== "string") >>> 0);
  const unknown = words.length === 0 ? undefined : unknownStep(words.join("."), ALERT_FIELDS);
  if (unknown === undefined) return [];
  return [withNearest(`no alert has a field "${words.join(".")}"`, unknown.step, unknown.known)];
}
