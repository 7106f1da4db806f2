// Finds links of connections that lead nowhere: to no address, with fields or of types that there are not.
import { Liquid } from "liquidjs";
import type { Config } from "../../model/config.ts";
import { isCheck, isProjectWide, sourceKinds } from "../../model/source-kinds.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import type { Places } from "../load/load.ts";
import { type Problem, withNearest } from "./templates.ts";
import { RESOURCE_FIELDS } from "./vocabulary.ts";

const ROOTS = ["resource", "region", "project", "connection"];
/** An output or a tag. */
const MARKUP = /\{[{%][^}]*\}\}?/g;

export function lintLinks(config: Config, places: Places): Finding[] {
  const liquid = new Liquid();
  return Object.entries(config.connections).flatMap(([name, { links = {} }]) =>
    Object.entries(links).flatMap(([type, text]) => {
      const place = ["connections", name, "links", type];
      const paths = liquid.globalVariableSegmentsSync(text, { partials: false });
      const problems = [...addressProblems(text), ...paths.flatMap((path) => fieldProblems(path.map(String)))];
      return [
        ...typeProblems(type, name, config).map((problem) => findingAt(places.locate(place, "key"), place, ...problem)),
        ...problems.map((problem) => findingAt(places.locate(place), place, ...problem)),
      ];
    }),
  );
}

/** What begins with an output or a tag may be anything. */
function addressProblems(text: string): Problem[] {
  const address = text.trim();
  if (address.startsWith("{")) return [];
  const { protocol } = URL.parse(address.replace(MARKUP, "x")) ?? {};
  return protocol === "https:" || protocol === "http:" ? [] : [["this makes no http(s) address"]];
}

function fieldProblems([root = "", ...steps]: string[]): Problem[] {
  if (!ROOTS.includes(root)) {
    const message = `links know ${ROOTS.slice(0, -1).join(", ")} and ${ROOTS.at(-1)}, not "${root}"`;
    return [withNearest(message, root, ROOTS)];
  }
  const known = root === "resource" ? RESOURCE_FIELDS : [];
  const name = steps.join(".");
  if (steps.length === 0 || known.includes(name)) return [];
  return [withNearest(`no ${root} has a field "${name}"`, name, known)];
}

/** What a project's sources find may be of any type: their events name the resources. */
function typeProblems(type: string, connection: string, { sources }: Config): Problem[] {
  const kinds = sources.filter((source) => source.connection === connection).map(({ kind }) => kind);
  const known = [...new Set(kinds.map((kind) => sourceKinds[kind].resourceType))];
  if (known.includes(type) || kinds.some((kind) => isProjectWide(kind) && !isCheck(kind))) return [];
  return [withNearest(`no source of "${connection}" has resources of the type "${type}"`, type, known)];
}
