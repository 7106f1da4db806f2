// The doorbell: what it puts on EventBridge, in requests of what size, and what it does where entries are refused.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EventBridgeClient, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { describe, expect, onTestFinished, test } from "vitest";
import { createEventBridgeBus } from "../../lib/aws/bus.ts";
import { entriesOf, requestsOf } from "../../lib/aws/bus-entries.ts";
import type { Transition } from "../../lib/rules/state.ts";
import { anAlert, anEvent } from "../channels/samples.ts";

const opened = (alert = {}): Transition => ({ kind: "opened", alert: anAlert(alert) });
const resolved = (alert = {}): Transition => ({ kind: "resolved", alert: anAlert({ status: "resolved", ...alert }) });
const updated: Transition = { kind: "updated", alert: anAlert() };
const detailOf = ({ Detail = "" }: PutEventsRequestEntry) => JSON.parse(Detail);

describe("the entries", () => {
  test("one for each alert that opened or was resolved, in order; updates and silent ends have none", () => {
    const transitions = [opened({ id: "a" }), updated, resolved({ id: "b" })];
    const entries = entriesOf("bus", transitions, ["g"]);
    expect(entries.map((entry) => [entry.DetailType, detailOf(entry).alert.id])).toEqual([
      ["Alert Firing", "a"],
      ["Alert Resolved", "b"],
    ]);
    expect(entries).toEqual(entries.map((entry) => ({ ...entry, Source: "lookout", EventBusName: "bus" })));
  });

  test("the groups stand in one entry alone, however many alerts there are", () => {
    const entries = entriesOf("bus", [opened(), opened(), resolved()], ["g1", "g2"]);
    expect(entries.map((entry) => detailOf(entry).groups)).toEqual([["g1", "g2"], undefined, undefined]);
  });

  test("groups without an alert to notify still have an entry", () => {
    expect(entriesOf("bus", [updated, updated], ["g"]).map((entry) => detailOf(entry).groups)).toEqual([["g"]]);
    expect(entriesOf("bus", [], [])).toEqual([]);
  });

  test("an alert that is too large goes without its events, and very many groups go in several entries", () => {
    const events = Array.from({ length: 20 }, () => anEvent({ message: "x".repeat(15_000) }));
    const groups = Array.from({ length: 1_000 }, (_, at) => `root/${at}/${"g".repeat(150)}`);
    const entries = entriesOf("bus", [opened({ events })], groups);
    expect(detailOf(entries[0]!).alert).toMatchObject({ rule: anAlert().rule, events: [] });
    expect(entries.flatMap((entry) => detailOf(entry).groups)).toEqual(groups);
    for (const { Detail = "" } of entries) expect(Detail.length).toBeLessThan(256 * 1024);
  });

  test("a request holds at most ten of them and 256 KB, and none is left out", () => {
    const entries = (count: number, size: number) =>
      Array.from({ length: count }, () => ({ Detail: "x".repeat(size) }));
    expect(requestsOf(entries(23, 10)).map((request) => request.length)).toEqual([10, 10, 3]);
    expect(requestsOf(entries(5, 100_000)).map((request) => request.length)).toEqual([2, 2, 1]);
  });
});

describe("putting them", () => {
  /** EventBridge's side: how many entries of each request it refuses, or the HTTP status it answers instead. */
  async function bus(script: readonly ({ refuse: number } | { status: number })[]) {
    const requests: PutEventsRequestEntry[][] = [];
    const warnings: unknown[] = [];
    const server = createServer(async (request, response) => {
      const { Entries } = JSON.parse(Buffer.concat(await request.toArray()).toString());
      const answer = script[Math.min(requests.length, script.length - 1)]!;
      requests.push(Entries);
      response.setHeader("Content-Type", "application/x-amz-json-1.1");
      if ("status" in answer) return void response.writeHead(answer.status).end("{}");
      const results = (Entries as unknown[]).map((_, at) =>
        at < answer.refuse ? { ErrorCode: "ThrottlingException" } : { EventId: "1" },
      );
      response.end(JSON.stringify({ FailedEntryCount: answer.refuse, Entries: results }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = new EventBridgeClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: "eu-central-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
      maxAttempts: 1,
    });
    onTestFinished(() => {
      client.destroy();
      server.closeAllConnections();
      server.close();
    });
    const log = {
      debug() {},
      info() {},
      error() {},
      warn: (_message: string, fields: unknown) => warnings.push(fields),
    };
    const clock = { now: () => 0, sleep: async () => {} };
    const { publish } = createEventBridgeBus({ client: async () => client, name: "bus", clock, log });
    return { publish, warnings, sizes: () => requests.map((entries) => entries.length), requests };
  }
  const three = [opened({ id: "a" }), opened({ id: "b" }), opened({ id: "c" })];

  test("entries that were refused are put again, and those alone", async () => {
    const { publish, requests, warnings } = await bus([{ refuse: 2 }, { refuse: 0 }]);
    await publish(three, ["g"]);
    expect(requests.map((entries) => entries.map((entry) => detailOf(entry).alert.id))).toEqual([
      ["a", "b", "c"],
      ["a", "b"],
    ]);
    expect(warnings).toEqual([]);
  });

  test("entries that stay refused are given up and logged, without failing", async () => {
    const { publish, sizes, warnings } = await bus([{ refuse: 1 }]);
    await publish(three, ["g"]);
    expect(sizes()).toEqual([3, 1, 1]);
    expect(warnings).toEqual([{ bus: "bus", entries: 1, reason: "ThrottlingException" }]);
  });

  test("a bus that fails as a whole is logged, and what is left is not tried", async () => {
    const { publish, sizes, warnings } = await bus([{ status: 500 }]);
    await publish(
      Array.from({ length: 25 }, () => opened()),
      ["g"],
    );
    expect(sizes()).toEqual([10]);
    expect(warnings).toMatchObject([{ bus: "bus", entries: 25 }]);
  });

  test("nothing to notify asks nothing", async () => {
    const { publish, sizes } = await bus([{ refuse: 0 }]);
    await publish([], []);
    expect(sizes()).toEqual([]);
  });
});
