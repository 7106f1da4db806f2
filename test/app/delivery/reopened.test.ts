// A group that ended and begins anew: what it says follows what it still had to say.
import { describe, expect, it } from "vitest";
import { bench } from "../support.ts";

const yaml = (incident: boolean) => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    severity: critical
    reopen: 30m
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [ops], groupInterval: 1m }
health: { channels: [quiet] }
channels:
  ops: ${incident ? '{ type: opsgenie, url: "HOOK", apiKey: "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d" }' : "{ type: webhook, url: HOOK/ops }"}
  quiet: { type: console }`;

describe("an alert that opens again while its end is still on its way", () => {
  it.each([
    ["a message", false],
    ["an incident", true],
  ])("is not ended by it: %s", async (_what, incident) => {
    const b = await bench({ yaml: yaml(incident) });
    b.to(1);
    b.fail(0.5);
    await b.beats(2);
    b.answer(() => ({ status: 503 }));
    b.recover(2.5);
    await b.beats(4);
    b.fail(4.5);
    await b.beats(6);
    const before = b.messages.length;
    b.answer(() =>
      incident ? { status: 202, body: '{"result":"Request will be processed","requestId":"1"}' } : { status: 200 },
    );
    await b.beats(12);
    const got = b.messages.slice(before);
    const ends = got.map((message) => (incident ? /\/close/.test(message.to) : message.body.status === "resolved"));
    expect(ends).toEqual([true, false]);
  });
});
