// What a schema cannot say of rules: ids that are unique over all files, patterns and templates that compile.
import { setImmediate as turn } from "node:timers/promises";
import type { RuleConfig } from "../../model/config.ts";
import { Rule } from "../../model/files/rule-file.ts";
import { HEALTH_RULE } from "../../model/own-alerts.ts";
import type { Place } from "../../model/place.ts";
import { type Finding, findInTurns, findingAt, formatLocation } from "../document/finding.ts";
import type { RuleSite } from "../document/includes.ts";
import { placedProblem } from "../document/placed-error.ts";
import { field, isMap } from "../document/raw.ts";
import { validate } from "../document/validate.ts";
import { checkPattern } from "./patterns.ts";
import { checkTemplate } from "./templates.ts";

export interface RuleCheckers {
  /** Throws an error with `path` and `reason`. */
  compilePattern(pattern: unknown): unknown;
  /** Throws an Error whose message is for people. */
  parseTemplate(text: string): unknown;
  /** Throws an error with `path`, from the list, and `reason`. */
  compileExtract(specs: { field: string; pattern: string }[]): unknown;
}

/** Some milliseconds. */
const RULES_AT_ONCE = 5;

export function checkRules(sites: readonly RuleSite[], checkers: RuleCheckers): Promise<Finding[]> {
  const seen = new Map<string, RuleSite>();
  return findInTurns(
    inPieces(sites).map((own) => () => {
      return own.flatMap((site) => {
        const isChecked = site.document.rules !== undefined;
        return [...checkId(site, seen), ...(isChecked ? [] : checkRule(site, checkers))];
      });
    }),
  );
}

function inPieces(sites: readonly RuleSite[]): RuleSite[][] {
  return Array.from({ length: Math.ceil(sites.length / RULES_AT_ONCE) }, (_, piece) => {
    return sites.slice(piece * RULES_AT_ONCE, (piece + 1) * RULES_AT_ONCE);
  });
}

function checkId(site: RuleSite, seen: Map<string, RuleSite>): Finding[] {
  const id = field(site.raw, "id");
  if (typeof id !== "string") return [];
  const place = [...site.place, "id"];
  const find = (message: string, hint: string) => [findingAt(site.document.locate(place), place, message, hint)];
  if (id === HEALTH_RULE) return find(`"${id}" is the rule of Lookout's own alerts`, "take another id");
  const first = seen.get(id);
  if (first === undefined) {
    seen.set(id, site);
    return [];
  }
  const where = formatLocation(first.document.locate([...first.place, "id"]));
  return find(`the rule id "${id}" is given twice`, `the first time at ${where}`);
}

function checkRule(site: RuleSite, { compilePattern, parseTemplate, compileExtract }: RuleCheckers): Finding[] {
  const { raw, document, place } = site;
  if (!isMap(raw)) return [];
  const resolve = raw["resolve"];
  const then = field(raw["sequence"], "then");
  const patterns: [pattern: unknown, at: Place][] = [
    [raw["when"], ["when"]],
    [field(resolve, "when"), ["resolve", "when"]],
    [field(raw["expect"], "when"), ["expect", "when"]],
    ...(Array.isArray(then) ? then.map((one, index): [unknown, Place] => [one, ["sequence", "then", index]]) : []),
  ];
  const findings = [
    ...patterns.flatMap(([pattern, at]) => checkPattern(pattern, document, [...place, ...at], compilePattern)),
    ...checkKind(site),
    ...checkExtract(site, compileExtract),
    ...checkWatch(site),
  ];
  if (isMap(resolve) && Object.keys(resolve).length === 0) {
    const at = [...place, "resolve"];
    findings.push(
      findingAt(document.locate(at, "key"), at, '"resolve" says neither when nor after what', "add when or after"),
    );
  }
  for (const key of ["summary", "description"]) {
    const text = raw[key];
    if (typeof text !== "string") continue;
    const at = [...place, key];
    findings.push(...checkTemplate(text, document, at, parseTemplate));
  }
  return findings;
}

const KINDS = ["threshold", "absence", "expect", "sequence", "distinct", "change", "newValue", "spike"];

function checkKind({ raw, document, place }: RuleSite): Finding[] {
  const [first, ...others] = KINDS.filter((kind) => field(raw, kind) !== undefined);
  return others.map((kind) => {
    const at = [...place, kind];
    const message = `"${kind}" and "${first}" cannot stand in one rule`;
    return findingAt(document.locate(at, "key"), at, message, "write two rules");
  });
}

/** Of a target that has had no event yet, this much is known. */
const OF_TARGET = /^(source|sourceId|connection|region|resource\.(type|id|name)|labels\..*)$/;

function checkWatch({ raw, document, place }: RuleSite): Finding[] {
  const by = field(raw, "by");
  if (field(field(raw, "absence"), "over") !== "targets" || !Array.isArray(by)) return [];
  return by.flatMap((name, index) => {
    if (typeof name !== "string" || OF_TARGET.test(name)) return [];
    const at = [...place, "by", index];
    const message = `"${name}" is not known of a target that has had no event, so absence over targets cannot go by it`;
    return [findingAt(document.locate(at), at, message, "name connection, resource.id, labels.… or the like")];
  });
}

function checkExtract({ raw, document, place }: RuleSite, compile: RuleCheckers["compileExtract"]): Finding[] {
  const specs = field(raw, "extract");
  const isWhole = (spec: unknown) =>
    typeof field(spec, "field") === "string" && typeof field(spec, "pattern") === "string";
  if (!Array.isArray(specs) || !specs.every(isWhole)) return [];
  try {
    compile(specs);
    return [];
  } catch (error) {
    const { path, reason } = placedProblem(error);
    const at = [...place, "extract", ...path];
    return [findingAt(document.locate(at), at, `the expression ${reason}`)];
  }
}

/** The rules themselves, once nothing is wrong with them. */
export async function ruleConfigs(sites: readonly RuleSite[]): Promise<RuleConfig[]> {
  const configs: RuleConfig[] = [];
  for (const piece of inPieces(sites)) {
    for (const { raw, document, place } of piece) {
      const config = document.rules?.[Number(place[1])] ?? validate(Rule, raw, document, place).value;
      if (config) configs.push(config);
    }
    await turn();
  }
  return configs;
}
