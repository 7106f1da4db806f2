// What a schema cannot say of connections and sources: names that must exist, things named twice, what a cloud needs.
import type { Place } from "../../model/place.ts";
import { factsOf } from "../../model/source-kinds.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findIn, findingAt } from "../document/finding.ts";
import { field, fieldsOf, isMap, itemsOf } from "../document/raw.ts";
import { unknownName } from "../document/words.ts";
import { timezoneProblem } from "./times.ts";

const REGION = /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/;
const PROJECT_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function checkSources(document: Document): Finding[] {
  const { root } = document;
  const findings = timezoneProblem(document, ["timezone"]);
  for (const [name, connection] of fieldsOf(field(root, "connections"))) {
    if (isMap(connection)) findings.push(...checkConnection(name, connection, document));
  }
  return [
    ...findings,
    ...checkConnections(document),
    ...checkReferences(document),
    ...checkIds(document),
    ...checkTargets(document),
    ...checkProbes(document),
  ];
}

/** There must be one, unless no source has any. */
function checkConnections({ root, locate }: Document): Finding[] {
  const connections = field(root, "connections");
  const isNeeded = itemsOf(field(root, "sources")).some((source) => !isWithoutConnection(field(source, "kind")));
  if (!isNeeded) return [];
  if (connections === undefined) return [findingAt(locate([]), ["connections"], 'the key "connections" is missing')];
  if (!isMap(connections) || Object.keys(connections).length > 0) return [];
  return [findingAt(locate(["connections"]), ["connections"], '"connections" holds no connection')];
}

function isWithoutConnection(kind: unknown): boolean {
  return factsOf(kind)?.api === null;
}

function checkConnection(name: string, connection: Record<string, unknown>, document: Document): Finding[] {
  const place = ["connections", name];
  const complain = (key: string | undefined, message: string, hint?: string): Finding => {
    const at = key === undefined ? place : [...place, key];
    return findingAt(document.locate(at, key === undefined ? "key" : "value"), at, message, hint);
  };
  const findings: Finding[] = [];
  const { cloud, region, projectId, project } = connection;
  if (projectId === undefined && project === undefined) {
    findings.push(
      complain(undefined, `the connection "${name}" has no project`, "set projectId, or project with its name"),
    );
  }
  if (projectId !== undefined && project !== undefined) {
    findings.push(complain("project", "the project is named twice", "keep projectId or project"));
  }
  if (typeof projectId === "string" && !projectId.includes("${") && !PROJECT_ID.test(projectId)) {
    findings.push(complain("projectId", '"projectId" is no project id', "a project's name goes into project"));
  }
  if (typeof region === "string" && !region.includes("${") && cloud !== "custom" && !REGION.test(region)) {
    findings.push(complain("region", '"region" is no region', "write one such as eu-de or cn-north-4"));
  }
  for (const api of cloud === "custom" ? neededApis(name, connection, document) : []) {
    if (field(connection["endpoints"], api) !== undefined) continue;
    findings.push(
      complain(
        undefined,
        `the connection "${name}" with cloud: custom has no endpoint for ${api}`,
        `set endpoints.${api}`,
      ),
    );
  }
  return findings;
}

function neededApis(name: string, connection: Record<string, unknown>, document: Document): string[] {
  const connections = fieldsOf(field(document.root, "connections"));
  const kinds = itemsOf(field(document.root, "sources"))
    .filter((source) => (field(source, "connection") ?? connections[0]?.[0]) === name)
    .map((source) => field(source, "kind"));
  const needed: string[] = [...new Set(kinds.flatMap((kind) => factsOf(kind)?.api ?? []))];
  if (field(connection["auth"], "username") !== undefined || connection["project"] !== undefined) needed.push("iam");
  return needed;
}

function checkReferences({ root, locate }: Document): Finding[] {
  const names = fieldsOf(field(root, "connections")).map(([name]) => name);
  if (names.length === 0) return [];
  return findIn(itemsOf(field(root, "sources")), (source, index) => {
    const name = field(source, "connection");
    const place = ["sources", index];
    if (isWithoutConnection(field(source, "kind"))) return [];
    if (name === undefined && isMap(source) && names.length > 1) {
      const hint = `add connection: one of ${names.join(", ")}`;
      return [findingAt(locate(place), place, "the source must name its connection where there are several", hint)];
    }
    if (typeof name !== "string" || names.includes(name)) return [];
    const at = [...place, "connection"];
    return [findingAt(locate(at), at, ...unknownName("connection", name, names))];
  });
}

function checkIds({ root, locate }: Document): Finding[] {
  const sources = itemsOf(field(root, "sources"));
  const kinds = sources.map((source) => field(source, "kind"));
  const seen = new Map<unknown, number>();
  return findIn(sources, (source, index) => {
    const own = field(source, "id");
    const id = own ?? field(source, "kind");
    if (id === undefined) return [];
    const first = seen.get(id);
    if (first === undefined) {
      seen.set(id, index);
      return [];
    }
    const at = ["sources", index, own === undefined ? "kind" : "id"];
    const where = `the first is at line ${locate(["sources", first]).line}`;
    if (own === undefined && kinds.indexOf(kinds[index]) < index) {
      return [findingAt(locate(at), at, `there are several sources of kind ${id}`, "give each an id of its own")];
    }
    return [findingAt(locate(at), at, `the source id "${id}" is given twice`, where)];
  });
}

function checkTargets({ root, locate }: Document): Finding[] {
  const only = fieldsOf(field(root, "connections"))[0]?.[0];
  const seen = new Map<string, number>();
  return findIn(itemsOf(field(root, "sources")), (source, index) => {
    const kind = field(source, "kind");
    const connection = field(source, "connection") ?? only;
    const project = isWithoutConnection(kind)
      ? []
      : projectOf(field(field(root, "connections"), String(connection)), connection);
    if (factsOf(kind)?.lists === null && !isWithoutConnection(kind)) {
      const name = JSON.stringify([kind, project]);
      const first = seen.get(name);
      const { line } = locate(["sources", index]);
      if (first === undefined) seen.set(name, line);
      const twice = `the project of connection "${connection}" is polled twice for ${kind}`;
      return [
        ...projectWide(source, kind, index, locate),
        ...(first === undefined
          ? []
          : [findingAt(locate(["sources", index]), ["sources", index], twice, hintAt(first))]),
      ];
    }
    return findIn(itemsOf(field(source, "targets")), (target, number) => {
      const at = ["sources", index, "targets", number];
      const id = typeof target === "string" ? target : field(target, "id");
      if (typeof id !== "string") return [];
      const { line } = locate(at);
      const name = JSON.stringify([kind, project, id]);
      const first = seen.get(name);
      if (first === undefined) {
        seen.set(name, line);
        return [];
      }
      const message = `the target "${id}" is named twice for ${kind}`;
      return [findingAt(locate(at), at, message, hintAt(first))];
    });
  });
}

function hintAt(line: number): string {
  return `the first time at line ${line}; a target belongs to one source of its kind`;
}

function projectWide(source: unknown, kind: unknown, index: number, locate: Document["locate"]): Finding[] {
  return ["targets", "discover"]
    .filter((key) => field(source, key) !== undefined)
    .map((key) => {
      const at = ["sources", index, key];
      return findingAt(
        locate(at, "key"),
        at,
        `a source of kind ${kind} takes no "${key}"`,
        "it polls the whole project",
      );
    });
}

/** What a probe needs, and what nothing else takes. */
const PROBED = ["url", "method", "status", "body", "header"];
const PROBING = ["timeout", "failures", "slow", "certificate"];
const NOT_PROBING = ["connection", "discover", "lookback", "lateness", "levels"];

function checkProbes({ root, locate }: Document): Finding[] {
  return findIn(itemsOf(field(root, "sources")), (source, index) => {
    const kind = field(source, "kind");
    if (factsOf(kind) === undefined) return [];
    const place = ["sources", index];
    const probes = isWithoutConnection(kind);
    const extra = (part: unknown, at: Place, keys: readonly string[]) =>
      keys
        .filter((key) => field(part, key) !== undefined)
        .map((key) => {
          const hint = probes ? "it asks the addresses of its targets" : "probes of an address are of kind http";
          return findingAt(
            locate([...at, key], "key"),
            [...at, key],
            `a source of kind ${kind} takes no "${key}"`,
            hint,
          );
        });
    const targets = itemsOf(field(source, "targets"));
    if (!probes) {
      return [
        ...extra(source, place, PROBING),
        ...findIn(targets, (target, nth) => extra(target, [...place, "targets", nth], PROBED)),
      ];
    }
    const none = targets.length > 0 || field(source, "targets") !== undefined ? [] : ["names no targets"];
    return [
      ...none.map((what) =>
        findingAt(locate(place), place, `a source of kind ${kind} ${what}`, "add targets: [{ id, url }]"),
      ),
      ...extra(source, place, NOT_PROBING),
      ...findIn(targets, (target, nth) => {
        const at = [...place, "targets", nth];
        if (field(target, "url") === undefined) {
          return [findingAt(locate(at), at, "the target has no url", "write { id: ocr, url: https://… }")];
        }
        if (field(target, "method") !== "HEAD" || field(target, "body") === undefined) return [];
        const body = [...at, "body"];
        return [findingAt(locate(body, "key"), body, "no answer to HEAD holds a text", "use method: GET, or no body")];
      }),
    ];
  });
}

/** Two connections into one project share their targets. */
function projectOf(connection: unknown, name: unknown): unknown[] {
  // A name such as eu-de is a project of every account.
  const id = field(connection, "projectId");
  return id === undefined
    ? [name]
    : [field(connection, "cloud"), field(connection, "region"), id, field(connection, "endpoints")];
}
