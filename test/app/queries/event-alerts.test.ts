// Events by the alerts that they are part of.
import { expect, test } from "vitest";
import { partOfAlerts } from "../../../lib/app/queries/event-alerts.ts";
import { alertFilter, type Filters } from "../../../lib/app/queries/filters.ts";
import { seenEvents } from "../../../lib/app/queries/lists.ts";
import { bench } from "../support.ts";

const YAML = `
rules:
  - id: down
    when: { source: [service-events], level: [error] }
    resolve: { when: { source: [service-events], level: [normal] } }
  - { id: often, when: { source: [service-events], level: [error] }, by: [connection], threshold: { count: 3, within: 10m } }
route: { channels: [ops], routes: [{ match: { rule: [often] }, channels: [lead] }] }
channels: { ops: { type: webhook, url: "HOOK/ops" }, lead: { type: webhook, url: "HOOK/lead" } }
`;

async function found() {
  const b = await bench({ yaml: YAML, services: ["svc-1", "svc-2"] });
  b.fail(1, "first", "svc-1");
  await b.beats(2);
  const by = async (filters: Filters) => {
    const isPart = await partOfAlerts(b.app, alertFilter(b.app, filters));
    return (await seenEvents(b.app)).filter(isPart).map(({ message }) => message);
  };
  return { b, by };
}

test("those that opened an alert of the channel, and those that it counted before it opened", async () => {
  const { b, by } = await found();
  expect([await by({ channel: "ops" }), await by({ channel: "lead" })]).toEqual([["first"], []]);
  b.fail(3, "second", "svc-2");
  b.fail(4, "third", "svc-2");
  await b.beats(8);
  expect(await by({ channel: "ops" })).toEqual(["first", "second", "third"]);
  expect(await by({ channel: "lead" })).toEqual(["first", "second", "third"]);
  expect(await by({ channel: "nobody" })).toEqual([]);
});

test("those of alerts that fire, and of those that were resolved with what ended them", async () => {
  const { b, by } = await found();
  b.fail(3, "second", "svc-2");
  b.recover(5, "svc-1");
  await b.beats(12);
  expect(await by({ status: "firing" })).toEqual(["second"]);
  expect(await by({ status: "resolved" })).toEqual(["first", expect.not.stringMatching(/first|second/)]);
});
