// The routing tree as a table, after Alertmanager's own tests: which routes take an alert, by labels,
// order, continue and inheritance.
import { describe, expect, it } from "vitest";
import { compileRouter, groupValues, healthRoute, type Router } from "../../lib/alerts/route.ts";
import type { Alert } from "../../lib/model/alert.ts";
import type { RouteConfig } from "../../lib/model/config.ts";
import { HEALTH_RULE } from "../../lib/model/own-alerts.ts";
import { compilePattern } from "../../lib/patterns/pattern.ts";
import { CONNECTIONS, load, RULES, SOURCES } from "../config/workspace.ts";

const CHANNELS = ["notify-def", "notify-A", "notify-B", "notify-BC", "notify-testing", "notify-productionA"];
const MORE = ["notify-productionB", "notify-D", "notify-E", "notify-F"];
const channels = `channels: {${[...CHANNELS, ...MORE].map((name) => ` ${name}: { type: console }`)} }\n`;

/** The tree of Alertmanager's dispatch/route_test.go, in the words of this configuration. */
const TREE = `
route:
  channels: [notify-def]
  groupBy: [rule]
  groupWait: 10s
  routes:
    - match: { labels.owner: [team-A] }
      channels: [notify-A]
      routes:
        - match: { labels.env: [testing] }
          channels: [notify-testing]
          groupBy: []
        - match: { labels.env: [production] }
          channels: [notify-productionA]
          groupWait: 1m
          continue: true
        - match: { labels.env: [{ wildcard: "produ*" }] }
          channels: [notify-productionB]
          groupWait: 30s
          groupInterval: 6m
          repeatInterval: 1h
          groupBy: [labels.job]
    - match: { labels.owner: [team-B, team-C] }
      groupBy: [labels.foo, labels.bar]
      groupInterval: 1m
      urgent: []
      channels: [notify-BC]
    - match: { labels.group_by: [role] }
      groupBy: [labels.role]
      routes:
        - match: { labels.env: [testing] }
          channels: [notify-testing]
          routes:
            - match: { labels.wait: [long] }
              groupWait: 2m
    - match: { labels.team: [{ anything-but: [web] }], labels.kind: [{ exists: true }] }
      channels: [notify-D]
      continue: true
    - match: { severity: [critical, error], connection: [prod] }
      channels: [notify-E]
      continue: true
    - match: { $or: [{ labels.oncall: [ada] }, { labels.oncall: [bob], severity: [warning] }] }
      channels: [notify-F]
    - match: { labels.zone: [{ exists: true }] }
      routes:
        - match: { labels.zone: [north] }
          channels: [notify-A]
        - channels: [notify-BC]
          continue: true
        - match: {}
          channels: [notify-D]
`;
const compile = (pattern: object) => {
  const compiled = compilePattern(pattern);
  return (alert: object) => compiled.matches(alert);
};

let tree: Promise<{ root: RouteConfig; router: Router }> | undefined;
/** Read in the first test, for all of them. */
function readTree() {
  tree ??= load(CONNECTIONS + SOURCES + RULES + channels + TREE).then(({ config: { route: root } }) => {
    return { root, router: compileRouter(root, healthRoute(["notify-A"], root), [], compile) };
  });
  return tree;
}

/** `owner=team-A env=testing`: an alert with these labels; `severity` and the like are fields of its own. */
function alert(text: string): Alert {
  const pairs = text
    .split(" ")
    .filter(Boolean)
    .map((pair) => pair.split("=") as [string, string]);
  const own = Object.fromEntries(pairs.filter(([name]) => ["rule", "severity", "connection"].includes(name)));
  const labels = Object.fromEntries(pairs.filter(([name]) => !Object.hasOwn(own, name)));
  return { id: "a1", rule: "any", severity: "info", connection: null, labels, ...own } as unknown as Alert;
}
const seconds = (ms: number) => ms / 1_000;

describe("the routes that take an alert", () => {
  it.each<[sentence: string, labels: string, channels: string[]]>([
    ["no label: the root", "", ["notify-def"]],
    ["a label that no route asks for: the root", "owner=team-X", ["notify-def"]],
    ["the first level", "owner=team-A", ["notify-A"]],
    ["a label beside it changes nothing", "owner=team-A job=x", ["notify-A"]],
    ["a value that no child has stays with the parent", "owner=team-A env=unset", ["notify-A"]],
    ["the deepest that matches takes it, its parent does not", "owner=team-A env=testing", ["notify-testing"]],
    [
      "what continues goes on to its siblings",
      "owner=team-A env=production",
      ["notify-productionA", "notify-productionB"],
    ],
    ["a wildcard takes what the exact value does not", "owner=team-A env=produce", ["notify-productionB"]],
    ["a wildcard is no regular expression", "owner=team-A env=xproduce", ["notify-A"]],
    ["a child's match alone is not enough", "env=testing", ["notify-def"]],
    ["one of several values", "owner=team-B", ["notify-BC"]],
    ["the other of several values", "owner=team-C", ["notify-BC"]],
    ["letters count", "owner=Team-C", ["notify-def"]],
    ["part of a value does not match", "owner=team-CC", ["notify-def"]],
    ["a route without channels has its parent's", "group_by=role", ["notify-def"]],
    ["two levels down", "group_by=role env=testing", ["notify-testing"]],
    ["three levels down, channels from above", "group_by=role env=testing wait=long", ["notify-testing"]],
    ["the third level without the second", "group_by=role wait=long", ["notify-def"]],
    ["the earlier of two siblings", "owner=team-A group_by=role", ["notify-A"]],
    ["the earlier of two siblings, whichever label is first", "group_by=role owner=team-B", ["notify-BC"]],
    ["what is not excluded, and there", "kind=x team=ml", ["notify-D"]],
    ["what is excluded", "kind=x team=web", ["notify-def"]],
    ["a field that is not there is not excluded, nor does it match", "kind=x", ["notify-def"]],
    ["a field of the alert itself", "severity=critical connection=prod", ["notify-E"]],
    ["all fields of a match count", "severity=critical", ["notify-def"]],
    ["all fields of a match count, the other one", "connection=prod severity=info", ["notify-def"]],
    [
      "several that continue, in the order of the file",
      "kind=x team=ml severity=error connection=prod oncall=ada",
      ["notify-D", "notify-E", "notify-F"],
    ],
    ["the last of those that continue", "severity=error connection=prod oncall=ada", ["notify-E", "notify-F"]],
    ["what continued and was the only one", "severity=error connection=prod oncall=bob", ["notify-E"]],
    ["one alternative", "oncall=ada", ["notify-F"]],
    ["the other alternative needs both of its fields", "oncall=bob severity=warning", ["notify-F"]],
    ["half of an alternative", "oncall=bob", ["notify-def"]],
    ["a sibling before one without a match", "zone=north", ["notify-A"]],
    ["a route without a match takes every alert, and one whose match is empty", "zone=x", ["notify-BC", "notify-D"]],
    ["Lookout's own alerts take the route for health alone", `rule=${HEALTH_RULE} owner=team-A`, ["notify-A"]],
  ])("%s", async (_, labels, expected) => {
    const { router } = await readTree();
    expect(router.routes(alert(labels)).flatMap(({ channels }) => channels)).toEqual(expected);
  });
});

describe("what a route inherits", () => {
  it.each<[sentence: string, labels: string, waits: number[], group: Record<string, unknown>]>([
    ["the root's own", "", [10, 300, 14_400], { rule: "any" }],
    ["a child has the root's", "owner=team-A", [10, 300, 14_400], { rule: "any" }],
    ["an empty groupBy is one group for all", "owner=team-A env=testing", [10, 300, 14_400], {}],
    ["its own wait, the others from above", "owner=team-A env=production", [60, 300, 14_400], { rule: "any" }],
    ["all of its own", "owner=team-A env=produce", [30, 360, 3_600], { "labels.job": null }],
    [
      "several paths, one of them missing",
      "owner=team-B foo=1",
      [10, 60, 14_400],
      { "labels.foo": "1", "labels.bar": null },
    ],
    ["empty text is as if missing", "owner=team-B foo=", [10, 60, 14_400], { "labels.foo": null, "labels.bar": null }],
    [
      "groupBy from a route above that has no channels",
      "group_by=role role=db",
      [10, 300, 14_400],
      { "labels.role": "db" },
    ],
    [
      "groupBy from above, channels of its own",
      "group_by=role env=testing role=db",
      [10, 300, 14_400],
      { "labels.role": "db" },
    ],
    [
      "groupBy from two levels above",
      "group_by=role env=testing wait=long",
      [120, 300, 14_400],
      { "labels.role": null },
    ],
    [
      "a sibling that continues gives nothing to the next one",
      "severity=error connection=prod oncall=ada",
      [10, 300, 14_400],
      { rule: "any" },
    ],
  ])("%s", async (_, labels, waits, group) => {
    const { router } = await readTree();
    const [route] = router.routes(alert(labels));
    expect([route!.groupWait, route!.groupInterval, route!.repeatInterval].map(seconds)).toEqual(waits);
    expect(groupValues(route!, alert(labels))).toEqual(group);
  });

  it("`urgent` is inherited too, and an empty list is one of its own", async () => {
    const { router } = await readTree();
    expect(router.routes(alert("owner=team-A"))[0]!.urgent).toEqual(["critical"]);
    expect(router.routes(alert("owner=team-B"))[0]!.urgent).toEqual([]);
  });

  it("`...` is every alert by itself", async () => {
    const route = { ...(await readTree()).root, groupBy: ["rule", "..."] };
    expect(groupValues(route, alert("owner=team-A"))).toEqual({ alert: "a1" });
  });
});
