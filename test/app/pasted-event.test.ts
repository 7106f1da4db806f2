// A pasted event is as its source would give it: what is missing is filled in and named, what is wrong is refused by its field.
import { describe, expect, it } from "vitest";
import { PastedEventError, readPasted } from "../../lib/app/pasted-event.ts";
import { eventAt, START } from "../support/event.ts";
import { bench } from "./support.ts";

const YAML = `
sources:
  - { id: slow, kind: service-events, targets: [svc-9], labels: { env: dev } }
  - { id: mine, kind: service-events, targets: [{ id: svc-1, name: mnist, labels: { team: ml } }], labels: { env: prod } }
  - { kind: service-updates, targets: [svc-1] }
rules: [{ id: any, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK" } }`;

async function read(pasted: unknown) {
  const { app } = await bench({ yaml: YAML });
  return readPasted(typeof pasted === "string" ? pasted : JSON.stringify(pasted), app.config, START);
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

  it("is not a time zone: any instant is told in UTC", async () => {
    const { event } = await read({ source: "service-events", time: "2026-11-20T12:00:00+02:00" });
    expect(event.time).toBe("2026-11-20T10:00:00.000Z");
  });
});

describe("what is wrong", () => {
  it.each([
    ["text that is no JSON", "boom", "stdin is no JSON"],
    ["a list", "[]", "the event: "],
    ["no source", { level: "error" }, "source: "],
    ["a source of no known kind", { source: "pods" }, "source: "],
    ["a level that there is not", { source: "service-events", level: "fatal" }, "level: "],
    ["a time that is none", { source: "service-events", time: "now" }, "time: "],
    ["a resource's id that is a number", { source: "service-events", resource: { id: 5 } }, "resource.id: "],
  ])("%s is refused by its field", async (_, pasted, words) => {
    const refused = await read(pasted).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PastedEventError);
    expect((refused as Error).message).toContain(words);
  });
});
