// A pasted event is as its source would give it: what is missing is filled in and named, what is
// wrong is refused by its field.
import { describe, expect, it } from "vitest";
import { readPasted } from "../../../../lib/app/replay/rule-tests/pasted-event.ts";
import { ConfigError, formatFindings } from "../../../../lib/config/document/finding.ts";
import { eventAt, START } from "../../../support/event.ts";
import { bench } from "../../support.ts";

const YAML = `
sources:
  - { id: slow, kind: service-events, targets: [svc-9], labels: { env: dev } }
  - { id: mine, kind: service-events, targets: [{ id: svc-1, name: mnist, labels: { team: ml } }], labels: { env: prod } }
  - { kind: service-updates, targets: [svc-1] }
rules: [{ id: any, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK" } }`;

async function read(pasted: unknown) {
  const { app } = await bench({ yaml: YAML });
  return readPasted(typeof pasted === "string" ? pasted : JSON.stringify(pasted), "stdin", app.config, START);
}

describe("what is missing", () => {
  it("is filled in as the source would, and named", async () => {
    const { event, filledIn } = await read({
      source: "service-events",
      sourceId: "mine",
      level: "error",
      message: "Out of Memory",
      resource: { id: "svc-1" },
    });
    expect(event).toMatchObject({
      connection: "prod",
      region: "eu-de",
      time: new Date(START).toISOString(),
      type: "abnormal",
      count: 1,
      text: "out of memory",
      resource: { type: "service", id: "svc-1", name: "mnist" },
      labels: { env: "prod", team: "ml" },
    });
    expect(filledIn).toContain("text");
    expect(filledIn).not.toContain("message");
  });

  it("is unknown where nothing says it, never empty", async () => {
    const { event } = await read({ source: "pool-events" });
    expect(event).toMatchObject({ connection: "unknown", project: "unknown", region: "unknown" });
    expect(event.resource).toEqual({ type: "pool", id: "unknown", name: "unknown" });
  });

  it("is the first source of its kind where none is named", async () => {
    expect((await read({ source: "service-events" })).event).toMatchObject({
      sourceId: "slow",
      labels: { env: "dev" },
    });
  });

  it("is the level that the API's word stands for, and the reason that an update log has", async () => {
    const { event } = await read({ source: "service-updates", type: "FAIL" });
    expect(event).toMatchObject({ level: "error", type: "FAIL", reason: "FAIL" });
  });

  it("is nothing in an event as it is listed", async () => {
    const whole = eventAt(5);
    expect(await read(whole)).toEqual({ event: whole, filledIn: [] });
  });

  it("is not a time zone: any instant is given in UTC", async () => {
    const { event } = await read({ source: "service-events", time: "2026-11-20T12:00:00+02:00" });
    expect(event.time).toBe("2026-11-20T10:00:00.000Z");
  });
});

describe("what is wrong", () => {
  it.each<[what: string, pasted: unknown, said: string]>([
    ["nothing", "", "stdin:1:1: is empty; paste one event"],
    ["text that is no JSON", '{ "source": boom }', "stdin:1:13: this is no JSON"],
    ["two events", '{ "source": "pool-events" }\n{}', "stdin:2:1: this is no JSON, or more than one value"],
    ["a list", "[]", "stdin:1:1: this is a list; paste one event"],
    ["a word", '"source"', "stdin:1:1: this is no event; paste one event"],
    [
      "an API's answer",
      { total: 1, events: [{ level: "Error" }] },
      "stdin:1:1: this is no event; it looks like an API's own answer",
    ],
    ["no source", { level: "error" }, 'stdin:1:1: the key "source" is missing; it is one of service-events'],
    ["a source of no known kind", { source: "pool-event" }, 'stdin:1:11: "source" must be one of'],
    [
      "a field that no event has",
      '{ "source": "pool-events",\n  "mesage": "x" }',
      'stdin:2:13: unknown key "mesage"; did you mean "message"?',
    ],
    [
      "a field that no resource has",
      { source: "pool-events", resource: { nme: "x" } },
      'stdin:1:43: unknown key "nme"; did you mean "name"?',
    ],
    [
      "a level that there is not",
      { source: "service-events", level: "fatal" },
      'stdin:1:36: "level" must be one of normal',
    ],
    ["a time that is none", { source: "service-events", time: "now" }, 'stdin:1:35: "time" must be an instant such as'],
    [
      "a resource's id that is a number",
      { source: "service-events", resource: { id: 5 } },
      'stdin:1:45: "id" must be text',
    ],
  ])("%s is refused where it stands", async (_, pasted, said) => {
    const refused = await read(pasted).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    const printed = formatFindings((refused as ConfigError).findings);
    expect(printed.slice(0, said.length)).toBe(said);
  });
});
