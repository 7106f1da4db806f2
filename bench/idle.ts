// A thousand targets with nothing new, behind an API that takes 10 ms to answer: what one poll of all of them
// costs in time, requests, store accesses and processor. The simulated cloud is this process, the poller
// (idle-poller.ts) one of its own.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../lib/app/clock.ts";
import { connectionOf } from "../lib/simulator/describe.ts";
import { startSimulator } from "../lib/simulator/server.ts";
import type { Poll } from "./idle-poller.ts";
import { figure, median, printTable } from "./print.ts";

const TARGETS = 1_000;
const LATENCY_MS = 10;
const ROUNDS = 9;

const simulator = await startSimulator({
  clock: wallClock,
  scenario: "empty",
  faults: [{ kind: "slow", ms: LATENCY_MS }],
});
const { world, credentials, url } = simulator;
const ids = Array.from({ length: TARGETS }, (_, index) => `service-${String(index).padStart(4, "0")}`);
for (const id of ids) {
  world.addService({ service_id: id, service_name: id });
  const event_info = "Service started.";
  world.addServiceEvents(id, [{ occur_time: Date.now() - 60_000, event_type: "normal", event_info }]);
}
const cwd = await mkdtemp(join(tmpdir(), "lookout-bench-"));
await writeFile(
  join(cwd, "lookout.yml"),
  `
${connectionOf({ url, credentials })}sources: [{ kind: service-events, targets: ${JSON.stringify(ids)} }]
rules: [{ include: modelarts/services }]
channels: { ops: { type: console } }
`,
);
const env = { ...process.env, HW_ACCESS_KEY: credentials.accessKey, HW_SECRET_KEY: credentials.secretKey };
const poller = fork(join(import.meta.dirname, "idle-poller.ts"), [String(ROUNDS)], { cwd, env });
try {
  const [polls] = (await Promise.race([once(poller, "message"), failure()])) as [Poll[]];
  const requests = simulator.requests["service-events"];
  report(polls, requests);
} finally {
  poller.kill();
  await Promise.all([simulator.close(), rm(cwd, { recursive: true, force: true })]);
}

async function failure(): Promise<never> {
  const [code] = await once(poller, "exit");
  throw new Error(`the poller ended with exit code ${code}`);
}

function report([first, ...idle]: readonly Poll[], requests: number): void {
  if (first?.found !== TARGETS || idle.some(({ found }) => found > 0))
    throw new Error("a poll found what is not there");
  const of = (value: (poll: Poll) => number) => figure(median(idle.map(value)));
  const range = (values: number[]) => `${figure(Math.min(...values))}–${figure(Math.max(...values))}`;
  printTable(
    ["an idle poll of 1,000 targets", "median", "of all"],
    [
      ["wall time, ms", of(({ wallMs }) => wallMs), range(idle.map(({ wallMs }) => wallMs))],
      [
        "CPU per target, µs",
        of(({ cpuMs }) => (cpuMs / TARGETS) * 1_000),
        range(idle.map(({ cpuMs }) => (cpuMs / TARGETS) * 1_000)),
      ],
      ["requests per target", figure(requests / TARGETS / (1 + idle.length)), ""],
      ["reads of target rows, per target", of(({ targetReads }) => targetReads / TARGETS), ""],
      ["writes of target rows", of(({ targetWrites }) => targetWrites), ""],
      ["reads of the rows of the source and its shards", of(({ sourceReads }) => sourceReads), ""],
      ["writes of them, one for each shard", of(({ sourceWrites }) => sourceWrites), ""],
      ["any other access to the store", of(({ otherAccesses }) => otherAccesses), ""],
    ],
  );
}
