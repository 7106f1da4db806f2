// The `match` or the `groupBy` of a route changes in the file while its alerts fire, as timelines in minutes: who was
// notified hears of them as if nothing had changed.
import { describe, expect, it } from "vitest";
import type { RuleRow } from "../../../lib/app/persistence/rows.ts";
import { rulePartition } from "../../../lib/rules/compile.ts";
import { ack } from "../oncall/bench.ts";
import { type Bench, failing, line, type Message } from "../support.ts";

const yaml = (route: string) => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    severity: error
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [quiet], routes: [{ ${route} }] }
health: { channels: [quiet] }
channels:
  quiet: { type: console }
  team: { type: webhook, url: "HOOK/team" }
  lead: { type: webhook, url: "HOOK/lead" }
  pager: { type: pagerduty, url: "HOOK/pager", routingKey: k }
  am: { type: alertmanager, url: "HOOK/am" }
`;
const BEFORE = "match: { severity: [error] }";
const AFTER = "match: { severity: [error, critical] }";

const accepting = ({ to }: Message) => ({ status: to === "/pager" ? 202 : 200, body: '{"status":"success"}' });
const came = ({ messages }: Bench) => {
  return messages.map(({ at, to, body }) => `${Math.round(at)} ${to} ${body.reason ?? body.event_action}`).sort();
};

/** The route changes after so many minutes, and the service recovers later. */
async function edited(before: string, after: string, [at, recovers, until]: [number, number, number]): Promise<Bench> {
  const b = await failing({ yaml: yaml(before) });
  b.answer(accepting);
  await b.beats(at);
  await b.reload(yaml(after));
  await b.beats(recovers);
  b.recover(recovers + 0.5);
  await b.beats(until);
  return b;
}

describe("a route whose match has changed", () => {
  it("repeats, updates and resolves at the intervals that it kept before", async () => {
    const rest = "channels: [team], repeatInterval: 10m";
    const b = await failing({ yaml: yaml(`${BEFORE}, ${rest}`) });
    await b.beats(5);
    await b.reload(yaml(`${AFTER}, ${rest}`));
    await b.beats(15);
    b.fail(15.5);
    await b.beats(25);
    b.recover(25.5);
    await b.beats(30);
    const all = ["2 /team new", "12 /team repeat", "22 /team update", "27 /team resolved"];
    expect(came(b)).toEqual(all.sort());
  });

  it("lets no incident end that its service must get again", async () => {
    const b = await edited(`${BEFORE}, channels: [am]`, `${AFTER}, channels: [am]`, [5, 12, 15]);
    const at = b.messages.map((message) => Math.round(message.at));
    expect(at).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it("has a resolution wait for the opening that its channel has not had yet", async () => {
    const b = await failing({ yaml: yaml(`${BEFORE}, channels: [pager]`) });
    const refused = ({ at, body }: Message) => body.event_action === "trigger" && at < 8;
    b.answer((message) => ({ status: refused(message) ? 500 : 202, body: '{"status":"success"}' }));
    await b.beats(2);
    await b.reload(yaml(`${AFTER}, channels: [pager]`));
    b.recover(2.5);
    await b.beats(20);
    const accepted = b.messages.filter((message) => !refused(message)).map(({ body }) => body.event_action);
    expect(accepted).toEqual(["trigger", "resolve"]);
  });

  it("does not tell an incident's service again that somebody takes care of it", async () => {
    const rest = "channels: [pager]";
    const b = await failing({ yaml: yaml(`${BEFORE}, ${rest}`) });
    b.answer(accepting);
    await b.beats(3);
    await ack(b, "broken");
    await b.beats(5);
    await b.reload(yaml(`${AFTER}, ${rest}`));
    await ack(b, "broken", "bob");
    await b.beats(10);
    expect(came(b)).toEqual(["2 /pager trigger", "4 /pager acknowledge"]);
  });
});

describe("those whom an alert was escalated to", () => {
  const STEPS = "escalate: [{ after: 5m, channels: [lead] }]";

  it.each([
    ["hear its end once where the match changed", `${BEFORE}, channels: [team]`, `${AFTER}, channels: [team]`],
    [
      "hear its end once where groupBy changed",
      `${BEFORE}, channels: [team], groupBy: [rule]`,
      `${BEFORE}, channels: [team], groupBy: [resource.id]`,
    ],
    [
      "hear its end once where both changed",
      `${BEFORE}, channels: [team], groupBy: [rule]`,
      `${AFTER}, channels: [team], groupBy: [resource.id]`,
    ],
  ])("%s", async (_, before, after) => {
    const b = await edited(`${before}, ${STEPS}`, `${after}, ${STEPS}`, [10, 20, 30]);
    const all = ["2 /team new", "7 /lead escalation", "21 /team resolved", "21 /lead resolved"];
    expect(came(b)).toEqual(all.sort());
  });

  it.each([
    ["where the match changed", BEFORE, AFTER],
    ["where groupBy changed", `${BEFORE}, groupBy: [rule]`, `${BEFORE}, groupBy: [resource.id]`],
  ])("are not escalated to again, and hear of repeats, %s", async (_, before, after) => {
    const rest = `channels: [team], repeatInterval: 10m, ${STEPS}`;
    const b = await edited(`${before}, ${rest}`, `${after}, ${rest}`, [9, 20, 30]);
    const lead = came(b).filter((one) => one.includes("lead"));
    expect(lead).toEqual(["17 /lead repeat", "22 /lead resolved", "7 /lead escalation"]);
  });

  it("are not notified any more where it is acknowledged before their channel has had it, also once the match changed", async () => {
    const rest = `channels: [team], ${STEPS}`;
    const b = await failing({ yaml: yaml(`${BEFORE}, ${rest}`) });
    const isDown = ({ at, to }: Message) => to === "/lead" && at < 12;
    b.answer((message) => ({ status: isDown(message) ? 500 : 200 }));
    await b.beats(9);
    await b.reload(yaml(`${AFTER}, ${rest}`));
    await ack(b, "broken");
    await b.beats(30);
    expect(b.messages.filter((message) => message.to === "/lead" && !isDown(message))).toEqual([]);
  });

  it("have their incidents closed once where the match changed", async () => {
    const rest = "channels: [team], escalate: [{ after: 5m, channels: [pager] }]";
    const b = await edited(`${BEFORE}, ${rest}`, `${AFTER}, ${rest}`, [10, 20, 30]);
    const pager = came(b).filter((one) => one.includes("pager"));
    expect(pager).toEqual(["21 /pager resolve", "7 /pager trigger"]);
  });
});

const below = (routes: string) => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [ops], groupInterval: 30m, routes: [${routes}] }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
`;

it("an alert that has ended moves, and what its rule keeps of it expires as it would have", async () => {
  const b = await failing({ yaml: below("{ match: { rule: [broken] }, channels: [ops] }") });
  await b.beats(4);
  b.recover(4.5);
  await b.beats(6);
  const rowOf = async () => (await b.store.list<RuleRow>(rulePartition(b.app.rules.byId.get("broken")!)))[0]!;
  const { expires } = await rowOf();
  expect(expires).toBeGreaterThan(b.app.clock.now());
  await b.reload(below(""));
  await b.beats(80);
  expect(b.messages.map(line).map((one) => one.replace(/^\d+ /, ""))).toEqual([
    "/ops new firing: svc-1 firing ×1(+1)",
    "/ops resolved resolved: svc-1 resolved ×1(+0)",
  ]);
  expect(await rowOf()).toMatchObject({ expires });
});
