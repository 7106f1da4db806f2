// What a change of the configuration does to alerts that are open.
import { describe, expect, it } from "vitest";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import { bench, line } from "../support.ts";

const yaml = (rules: string, route = "channels: [ops]") => `
rules: [${rules}]
route: { ${route}, groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" }, other: { type: webhook, url: "HOOK/other" } }`;
const STATE = "resolve: { when: { source: [service-events], level: [normal] } }";
const BROKEN = `{ id: broken, when: { level: [error] }, ${STATE} }`;

describe("after a reload", () => {
  it("a removed rule's alerts close silently, and what stays is not disturbed", async () => {
    const b = await bench({ yaml: yaml(`${BROKEN}, { id: also, when: { level: [error] }, ${STATE} }`) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    expect(await openAlerts(b.app)).toHaveLength(2);
    await b.reload(yaml(BROKEN));
    await b.rounds(5);
    expect((await openAlerts(b.app)).map(({ rule }) => rule)).toEqual(["broken"]);
    expect(b.messages).toHaveLength(2);
    b.recover(5.5);
    await b.rounds(8);
    expect(b.messages.slice(2).map(line)).toEqual(["6 /ops resolved resolved: svc-1 resolved ×1(+0)"]);
  });

  it("a rule whose meaning changed starts anew", async () => {
    const b = await bench({ yaml: yaml(BROKEN) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.reload(yaml(BROKEN.replace("[error]", "[error, critical]")));
    await b.round();
    expect(await openAlerts(b.app)).toEqual([]);
    b.fail(1.5);
    await b.rounds(2);
    expect((await openAlerts(b.app)).map(({ count }) => count)).toEqual([1]);
  });

  it("a rule whose wording changed goes on", async () => {
    const b = await bench({ yaml: yaml(BROKEN) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.reload(yaml(BROKEN.replace("{ id", "{ summary: other words, id")));
    b.fail(1.5);
    await b.rounds(2);
    expect((await openAlerts(b.app)).map(({ count }) => count)).toEqual([2]);
  });

  it("alerts of a route that is gone are notified on the routes that are there, and their resolution too", async () => {
    const routed = 'channels: [other], routes: [{ match: { rule: ["broken"] }, channels: [ops] }]';
    const b = await bench({ yaml: yaml(BROKEN, routed) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.reload(yaml(BROKEN, "channels: [other]"));
    b.recover(2);
    await b.rounds(5);
    expect(b.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      expect.stringMatching(/^\d \/other resolved resolved: svc-1 resolved ×1\(\+0\)$/),
    ]);
  });

  it("new terms for ending apply to what is open already", async () => {
    const b = await bench({ yaml: yaml("{ id: broken, when: { level: [error] }, resolve: { after: 6h } }") });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.reload(yaml("{ id: broken, when: { level: [error] }, resolve: { after: 10m } }"));
    await b.rounds(15);
    expect(b.messages.slice(1).map(line)).toEqual(["11 /ops resolved resolved: svc-1 resolved ×1(+0)"]);
  });
});
