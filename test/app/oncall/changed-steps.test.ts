// The steps of `escalate` change while an alert takes them, as timelines in minutes: each is taken once, and none is
// left out.
import { describe, expect, it } from "vitest";
import { groupId, groupPartition } from "../../../lib/alerts/group.ts";
import { listOpen } from "../../../lib/app/oncall/acknowledge.ts";
import type { RuleRow } from "../../../lib/app/persistence/rows.ts";
import { hashOf } from "../../../lib/model/hash.ts";
import { type Bench, bench, failing, line } from "../support.ts";

const LEAD = "{ after: 15m, channels: [lead] }";
const BOSS = "{ after: 30m, channels: [boss] }";

const yaml = (...steps: string[]) => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [ops], groupInterval: 5m, escalate: [${steps}] }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
  lead: { type: webhook, url: "HOOK/lead" }
  boss: { type: webhook, url: "HOOK/boss" }
  deputy: { type: webhook, url: "HOOK/deputy" }
  pager: { type: pagerduty, url: "HOOK/pager", routingKey: k }
`;

const came = ({ messages }: Bench) => {
  return messages.map(({ at, to, body }) => `${Math.round(at)} ${to} ${body.reason ?? body.event_action}`);
};

describe("a reload", () => {
  it("that removes a step that was taken leaves out none of the others", async () => {
    const b = await failing({ yaml: yaml(LEAD, BOSS) });
    await b.beats(20);
    await b.reload(yaml(BOSS));
    await b.beats(40);
    b.recover(40.5);
    await b.beats(50);
    expect(came(b).sort()).toEqual(
      ["2 /ops new", "17 /lead escalation", "32 /boss escalation", "41 /ops resolved", "41 /boss resolved"].sort(),
    );
  });

  it("that removes the only step has the end told once, and closes the incident that it opened", async () => {
    const b = await bench({ yaml: yaml("{ after: 15m, channels: [lead, pager] }") });
    b.answer(({ to }) => ({ status: to === "/pager" ? 202 : 200, body: "{}" }));
    b.to(1);
    b.fail(0.5);
    await b.beats(20);
    await b.reload(yaml());
    await b.beats(25);
    b.recover(25.5);
    await b.rounds(40);
    expect(came(b).sort()).toEqual(
      ["2 /ops new", "17 /lead escalation", "17 /pager trigger", "26 /ops resolved", "27 /pager resolve"].sort(),
    );
  });

  it("that puts one in front has it taken, and the one behind it not again", async () => {
    const b = await failing({ yaml: yaml(LEAD, BOSS) });
    await b.beats(20);
    await b.reload(yaml("{ after: 5m, channels: [deputy] }", LEAD, BOSS));
    await b.beats(40);
    b.recover(40.5);
    await b.beats(45);
    expect(came(b).sort()).toEqual(
      [
        "2 /ops new",
        "17 /lead escalation",
        "32 /deputy escalation",
        "32 /boss escalation",
        "41 /ops resolved",
        "41 /lead resolved",
        "41 /deputy resolved",
        "41 /boss resolved",
      ].sort(),
    );
  });

  it("that names the channels of a step in another order, at another time, changes nothing of it", async () => {
    const b = await failing({ yaml: yaml("{ after: 15m, channels: [lead, deputy] }", BOSS) });
    await b.beats(20);
    await b.reload(yaml("{ after: 10m, channels: [deputy, lead] }", BOSS));
    await b.beats(40);
    expect(came(b).sort()).toEqual(
      ["2 /ops new", "17 /lead escalation", "17 /deputy escalation", "32 /boss escalation"].sort(),
    );
  });
});

describe("the same channels twice", () => {
  it("are two steps", async () => {
    const b = await failing({ yaml: yaml(LEAD, "{ after: 30m, channels: [lead] }") });
    await b.beats(40);
    expect(came(b)).toEqual(["2 /ops new", "17 /lead escalation", "32 /lead escalation"]);
  });
});

/** Names the group of the open alert's first step as the release before did: after the step's place. */
async function asBefore({ app, store }: Bench): Promise<void> {
  const [open] = await listOpen(app);
  const [step] = app.router.steps(app.config.route);
  const values = { alert: open!.alert.id };
  const route = hashOf([app.config.route.id, "escalate", 0], 16);
  const [now, before] = [groupId(step!.route.id, false, values), groupId(route, false, values)];
  for (const { version, ...row } of await store.list(groupPartition(now))) {
    const data = row.sk === "head" ? { ...(row.data as object), id: before, route } : row.data;
    await store.commit([
      { op: "delete", pk: row.pk, sk: row.sk, expect: version },
      { ...row, op: "put", pk: groupPartition(before), data },
    ]);
  }
  const { version: _known, ...row } = (await store.get<RuleRow>(open!.key))!;
  const groups = row.data.groups.map((id) => (id === now ? before : id));
  await store.commit([{ ...row, op: "put", data: { ...row.data, groups } }]);
}

describe("a step that was taken under the release before", () => {
  it("is not taken again, and those that it notified are told the end", async () => {
    const b = await failing({ yaml: yaml(LEAD, BOSS).replace("channels: [ops],", "channels: [ops], groupBy: [...],") });
    await b.beats(20);
    await asBefore(b);
    b.fail(21);
    await b.beats(40);
    b.recover(40.5);
    await b.beats(42);
    expect(b.messages.map(line).sort()).toEqual(
      [
        "2 /ops new firing: svc-1 firing ×1(+1)",
        "17 /lead escalation firing: svc-1 firing ×1(+1)",
        "32 /boss escalation firing: svc-1 firing ×2(+2)",
        "41 /ops resolved resolved: svc-1 resolved ×2(+1)",
        "41 /lead resolved resolved: svc-1 resolved ×2(+1)",
        "41 /boss resolved resolved: svc-1 resolved ×2(+0)",
      ].sort(),
    );
  });
});
