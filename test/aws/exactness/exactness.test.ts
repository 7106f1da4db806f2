// The functions under everything that AWS does to them: real processes with the built functions, the simulated cloud,
// DynamoDB Local, SQS and EventBridge as moto speaks them, and a receiver. Without queues; exactness.soak.ts has both
// forms of the stack. And what becomes of a batch that is given to a configuration which decides no more.
import { rm } from "node:fs/promises";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { dynamoConnection, dynamoEndpoint } from "../../support/dynamodb.ts";
import { startMoto } from "../../support/moto.ts";
import { SEED } from "../../support/seed.ts";
import type { ConfigOf } from "../stage.ts";
import type { Release } from "./containers.ts";
import { describeResult, openMapping, queueNames, runExactness } from "./run.ts";
import { makeHome, openExactStage } from "./stage.ts";
import { configOf } from "./story.ts";

const moto = dynamoEndpoint === null ? null : await startMoto();

describe.skipIf(moto === null)("invocations that are doubled, late, frozen, killed, throttled, of two releases", () => {
  let home: string;
  beforeAll(async () => {
    home = await makeHome();
  }, 240_000);
  afterAll(async () => {
    moto!.stop();
    await rm(home, { recursive: true });
  });

  test("every event is evaluated once and notified once", async () => {
    const engines = { aws: moto!.endpoint, dynamo: dynamoConnection };
    const result = await runExactness({ engines, home, form: "direct", seed: SEED, say: console.log });
    expect(result.violations, describeResult(result)).toEqual([]);
  }, 300_000);

  describe("a batch of polls for a configuration that decides no more", () => {
    const tuned =
      (count: number): ConfigOf =>
      (cloud, url) =>
        configOf(cloud, url, count);

    /** A stack of both releases in which the older one has polled once, and a service fails. */
    async function deploying() {
      const engines = { aws: moto!.endpoint, dynamo: dynamoConnection };
      const exact = await openExactStage(engines, home, { older: tuned(2), newer: tuned(3) }, queueNames);
      const { region, credentials } = dynamoConnection;
      const sqs = new SQSClient({ endpoint: engines.aws, region, credentials });
      onTestFinished(async () => {
        sqs.destroy();
        await exact.close();
      });
      const mapping = await openMapping(exact, sqs, region);
      const { world } = exact.stage.cloud;
      world.addService({ service_id: "svc-1", service_name: "svc-1" });
      const fail = () => {
        const event = { occur_time: exact.clock.now(), event_type: "abnormal", event_info: "Failed" } as const;
        world.addServiceEvents("svc-1", [event]);
      };
      /** Plans, and gives what was planned to a release; resolves to what it answered. */
      async function beat(planned: Release, polled: Release) {
        exact.advance(60_000);
        await exact.containers.invoke("plan", {}, planned);
        return poll(polled);
      }
      async function poll(release: Release) {
        const batch = (await mapping.receive("poll"))!;
        const outcome = await exact.containers.invoke("poll", batch.event, release);
        await batch.end(outcome);
        return outcome;
      }
      return { exact, mapping, fail, beat, poll };
    }
    const handled = { kind: "done", result: { batchItemFailures: [] } };
    const stoodBy = { kind: "done", result: { superseded: true } };

    test("is handled in the same invocation where its place has the newer one", async () => {
      const { exact, mapping, fail, beat, poll } = await deploying();
      expect(await beat("newer", "newer")).toEqual(handled);
      exact.advance(60_000);
      await exact.containers.invoke("plan", {}, "newer");
      fail();
      await exact.put(tuned(4));
      // A container that starts takes over; the one that polls has asked for its configuration within the minute.
      exact.advance(-30_000);
      await exact.containers.invoke("sweep", {}, "newer");
      expect(await poll("newer")).toEqual(handled);
      expect(exact.lines.map(({ message }) => message)).toContainEqual(expect.stringMatching(/newer configuration/));
      // The groups of both alerts are rung for.
      expect(await mapping.left()).toBe(2);
    }, 60_000);

    test("of an older package is left to the newer one's next plan, and nothing is missed", async () => {
      const { exact, mapping, fail, beat } = await deploying();
      expect(await beat("older", "older")).toEqual(handled);
      await exact.containers.invoke("sweep", {}, "newer");
      fail();
      expect(await beat("older", "older")).toEqual(stoodBy);
      // Nothing is left of the message, and nobody has evaluated anything.
      expect(await mapping.left()).toBe(0);
      expect(await beat("newer", "newer")).toEqual(handled);
      expect(await mapping.left()).toBe(2);
    }, 60_000);
  });
});
