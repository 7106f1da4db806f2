// The steps of `escalate` change while an alert takes them, as timelines in minutes: each is taken once, and none is
// left out.
import { describe, expect, it } from "vitest";
import { type Bench, bench, failing } from "../support.ts";

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
    b.answer(({ to }) => ({ status: to === "/pager" ? 202 : 200, body: '{"status":"success"}' }));
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
