// Bad answers from an API lose nothing and stop no other target: the whole command against each kind of fault, and the
// real process where something is kept from one to the next.
import { describe, expect, it } from "vitest";
import type { Fault } from "../../lib/simulator/faults.ts";
import { folderWith, lookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { ABNORMAL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

const FAULTS: [name: string, fault: Omit<Fault, "url">, words: RegExp, command?: typeof lookoutHere][] = [
  ["500", { kind: "status", status: 500 } as never, /500/],
  ["429 with Retry-After", { kind: "status", status: 429, retryAfter: 2 } as never, /429|throttl|too many/i, lookout],
  ["a reset connection", { kind: "reset" } as never, /reset|closed|connection/i],
  ["a cut body", { kind: "cut" } as never, /connection failed|cut|JSON/i],
  ["an HTML page", { kind: "html" } as never, /JSON|HTML/i],
  ["wrong types", { kind: "wrong-types", part: "body" } as never, /shape|expected|events|invalid/i],
];

describe("a target whose API answers badly", () => {
  it.each(FAULTS)(
    "%s: the others are notified meanwhile, and nothing is lost",
    async (_name, fault, words, command = lookoutHere) => {
      const sim = await startWithSamples();
      const hook = await startWebhook();
      const cwd = await folderWith({ "lookout.yml": samplesConfig(sim, hook.url) });
      const run = { cwd, env: samplesEnvironment(sim, SECRET) };
      sim.setFaults([{ ...fault, url: /training-jobs\/.*\/events/ } as Fault]);
      const first = await command(["run", "--once"], run);
      expect(first.code).toBe(1);
      expect(first.stdout).toMatch(words);
      expect(hook.received).toHaveLength(ABNORMAL - 1);
      const status = JSON.parse((await command(["status", "--json"], run)).stdout);
      expect(status.targets.filter(({ error }: { error: string | null }) => error !== null)).toHaveLength(1);

      sim.setFaults([]);
      // Retry-After is kept across processes.
      await expect
        .poll(async () => (await command(["run", "--once"], run)).code, { timeout: 10_000, interval: 500 })
        .toBe(0);
      expect(hook.received).toHaveLength(ABNORMAL);
      expect(new Set(hook.received.flatMap(({ notification }) => notification.alerts.map(({ id }) => id))).size).toBe(
        ABNORMAL,
      );
    },
  );

  it("malformed items are counted and kept for inspection, and never fail their page", async () => {
    const sim = await startWithSamples();
    const hook = await startWebhook();
    const cwd = await folderWith({ "lookout.yml": samplesConfig(sim, hook.url) });
    const run = { cwd, env: samplesEnvironment(sim, SECRET) };
    sim.setFaults([{ kind: "wrong-types", part: "item", on: ["training-events"] } as never]);
    expect((await lookoutHere(["run", "--once"], run)).code).toBe(0);
    const { ledger } = JSON.parse((await lookoutHere(["status", "--json"], run)).stdout);
    const [counts] = Object.values<Record<string, number>>(ledger["training-events"]);
    expect(counts!["malformed"]).toBeGreaterThan(0);
    expect(counts!["fetched"]).toBe(counts!["seen"]! + counts!["malformed"]! + counts!["new"]!);
  });
});
