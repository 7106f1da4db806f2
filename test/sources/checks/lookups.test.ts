// Names whose lookup takes longer than anybody waits: they take no other endpoint down.
import type { LookupAddress } from "node:dns";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test, vi } from "vitest";
import { createLookups } from "../../../lib/sources/checks/lookups.ts";
import { probe } from "../../../lib/sources/checks/probe.ts";
import { endpointAt, serve } from "../support.ts";

const never = new AbortController().signal;
const HERE = [{ address: "127.0.0.1", family: 4 }];

/** Names of `dead.test` are answered once the test says so, all others at once. */
function scripted() {
  const asked: string[] = [];
  const hanging = new Map<string, (answer: LookupAddress[] | Error) => void>();
  const lookups = createLookups((name) => {
    asked.push(name);
    if (!name.endsWith("dead.test")) return Promise.resolve(HERE);
    const { promise, resolve, reject } = Promise.withResolvers<LookupAddress[]>();
    hanging.set(name, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    return promise;
  });
  const end = (name: string, answer: LookupAddress[] | Error) => hanging.get(name)!(answer);
  return { asked, lookups, end };
}

async function stage() {
  const server = await serve((_, response) => void response.end());
  onTestFinished(server.close);
  const { port } = new URL(server.url);
  const { lookups, ...script } = scripted();
  const ask = (name: string, timeout = 60) =>
    probe(endpointAt(`http://${name}:${port}/`), timeout, Date.now(), never, lookups);
  return { ...script, ask };
}

const DEAD = Array.from({ length: 24 }, (_, nth) => `d${nth}.dead.test`);
const failed = Object.assign(new Error("try again"), { code: "EAI_AGAIN" });

test("a name that does not resolve in time is said to be what is wrong", async () => {
  const { ask } = await stage();
  expect(await ask("a.dead.test")).toMatchObject({
    error: "dns",
    message: "the host's name did not resolve within 0.06 s",
  });
});

test("one whose time passes while it waits for other names has no verdict", async () => {
  const { ask, asked } = await stage();
  await Promise.all(DEAD.slice(0, 4).map((name) => ask(name)));
  expect(await ask("good.test")).toBeUndefined();
  expect(asked).toEqual(DEAD.slice(0, 4));
});

test("nor has one whose turn comes with little of its time left", async () => {
  const { ask, asked, end } = await stage();
  await Promise.all(DEAD.slice(0, 4).map((name) => ask(name)));
  const late = ask("d4.dead.test");
  const now = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now + 50);
  onTestFinished(() => clock.mockRestore());
  end("d0.dead.test", failed);
  expect(await late).toBeUndefined();
  expect(asked).toContain("d4.dead.test");
});

test("few are looked up at a time, each to its end and none twice at once, and none is passed over", async () => {
  const { ask, asked, end } = await stage();
  for (const _ of [1, 2]) await Promise.all(DEAD.map((name) => ask(name)));
  expect(asked).toEqual(DEAD.slice(0, 4));
  end(DEAD[1]!, failed);
  end(DEAD[3]!, failed);
  await expect.poll(() => asked).toEqual(DEAD.slice(0, 6));
});

test("an endpoint whose name resolved before is asked while others hold all places", async () => {
  const { ask } = await stage();
  expect(await ask("good.test", 5_000)).toMatchObject({ error: null, status: 200 });
  await Promise.all(DEAD.map((name) => ask(name)));
  expect(await ask("good.test", 5_000)).toMatchObject({ error: null, status: 200 });
});

test("what a lookup led to after its probe had ended serves the next one", async () => {
  const { ask, end } = await stage();
  expect(await ask("d0.dead.test")).toMatchObject({ error: "dns" });
  end("d0.dead.test", HERE);
  await Promise.all(DEAD.slice(1, 5).map((name) => ask(name)));
  expect(await ask("d0.dead.test", 5_000)).toMatchObject({ error: null, status: 200 });
});

test("a name that leads nowhere any more is known for that, whatever it led to before", async () => {
  const { ask, asked, end } = await stage();
  expect(await ask("d0.dead.test")).toMatchObject({ error: "dns" });
  end("d0.dead.test", HERE);
  await ask("good.test", 5_000);
  const again = ask("d0.dead.test", 5_000);
  await expect.poll(() => asked.length).toBe(3);
  end("d0.dead.test", failed);
  expect(await again).toMatchObject({ error: "dns", message: "the host's name cannot be resolved (EAI_AGAIN)" });
  await Promise.all(DEAD.slice(1, 5).map((name) => ask(name)));
  expect(await ask("d0.dead.test")).toBeUndefined();
});

/** A server that takes no connection until some have waited for it: their first packets are lost. */
async function deaf(): Promise<number> {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
    const server = require("node:http").createServer((_, response) => response.end());
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
    });`,
    { eval: true },
  );
  onTestFinished(async () => void (await worker.terminate()));
  return new Promise((resolve) => worker.once("message", resolve));
}

test("of several addresses each has time for a packet that is lost", async () => {
  const port = await deaf();
  const fillers = [1, 2, 3].map(() => connect(port, "127.0.0.1").on("error", () => {}));
  onTestFinished(() => void fillers.map((one) => one.destroy()));
  await new Promise((resolve) => fillers[0]!.once("connect", resolve));
  const lookups = createLookups(async () => [...HERE, { address: "127.0.0.2", family: 4 }]);
  const endpoint = endpointAt(`http://several.test:${port}/`);
  expect(await probe(endpoint, 10_000, Date.now(), never, lookups)).toMatchObject({ error: null, status: 200 });
});
