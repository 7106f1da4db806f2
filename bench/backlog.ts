// A service's backlog through the real `lookout run --once`: 10,000 and 100,000 events, with --full a million, over
// real HTTP into a real state file. Fails unless every count is exact.
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../lib/app/clock.ts";
import type { Status } from "../lib/app/queries/status.ts";
import type { Alert } from "../lib/model/alert.ts";
import { startSimulator } from "../lib/simulator/server.ts";
import { differences, sorted } from "./check.ts";
import { type Measured, runLookout } from "./command.ts";
import { type ExpectedAlert, expectedOf, incidents, RULES } from "./incidents.ts";
import { oneService, SERVICE } from "./one-service.ts";
import { figure, megabytes, printTable } from "./print.ts";
import { type Notified, startReceiver } from "./receiver.ts";

const LATENESS_MS = 600_000;
/** Rows of one answer, less the last timestamp's: the next page begins with it. */
const PAGE = 999;
const full = process.argv.includes("--full");

/** `step`: ms between two events. */
interface Case {
  name: string;
  count: number;
  step: number;
}
const spread = (count: number): Case => ({ name: "one a second", count, step: 1_000 });
const dense = (count: number): Case => ({ name: "all within lateness", count, step: (LATENESS_MS - 60_000) / count });
const CASES = [spread(10_000), spread(100_000), ...(full ? [spread(1_000_000)] : []), dense(10_000), dense(100_000)];

interface Result {
  /** A command that only opens everything. */
  start: Measured;
  first: Measured;
  second: Measured;
  stateBytes: number;
  notified: number;
}

const rows: string[][] = [];
for (const one of CASES) {
  const { start, first, second, stateBytes, notified } = await runCase(one);
  const work = first.wallMs - start.wallMs;
  rows.push([
    one.name,
    figure(one.count),
    figure(first.wallMs / 1_000),
    figure((one.count / work) * 1_000),
    figure((work / one.count) * 1_000),
    figure(((first.cpuMs - start.cpuMs) / one.count) * 1_000),
    megabytes(first.peakBytes),
    megabytes(stateBytes),
    figure(notified),
    figure(second.wallMs / 1_000),
  ]);
}
printTable(
  ["backlog", "events", "s", "events/s", "µs/event", "CPU µs/event", "peak MB", "state MB", "messages", "2nd run s"],
  rows,
);

async function runCase({ name, count, step }: Case): Promise<Result> {
  const end = Date.now() - 30_000;
  const events = () => incidents(count, end, step);
  const simulator = await startSimulator({ clock: wallClock, scenario: "empty" });
  const receiver = await startReceiver();
  const cwd = await mkdtemp(join(tmpdir(), "lookout-bench-"));
  try {
    const { world, credentials } = simulator;
    world.addService({ service_id: SERVICE, service_name: "recommender" });
    world.addServiceEvents(SERVICE, events());
    await writeFile(join(cwd, "lookout.yml"), oneService(simulator, receiver, RULES));
    const env = { HW_ACCESS_KEY: credentials.accessKey, HW_SECRET_KEY: credentials.secretKey };

    const start = await runLookout(["status"], cwd, env);
    const first = await runLookout(["run", "--once"], cwd, env);
    const asked = simulator.requests["service-events"];
    const notifications = receiver.notifications;
    const second = await runLookout(["run", "--once"], cwd, env);
    const wrong = [
      ...exits(first, second),
      ...differences("requests of an idle run", rereads(count, step), simulator.requests["service-events"] - asked),
      ...differences("messages of an idle run", 0, receiver.notifications - notifications),
      ...(await verify(cwd, env, count, expectedOf(events(), Date.now()), receiver)),
    ];
    if (wrong.length > 0) throw new Error(`${name}, ${count} events:\n  ${wrong.slice(0, 10).join("\n  ")}`);
    return { start, first, second, stateBytes: await stateBytes(cwd), notified: notifications };
  } finally {
    await Promise.all([simulator.close(), receiver.close()]);
    await rm(cwd, { recursive: true, force: true });
  }
}

/** How many pages the window holds that every poll reads again. */
function rereads(count: number, step: number): number {
  return Math.ceil(Math.min(count, LATENESS_MS / step) / PAGE);
}

function exits(...runs: readonly Measured[]): string[] {
  return runs.flatMap(({ code, stderr }) => {
    const troubles = stderr.split("\n").filter((line) => !line.includes(" info "));
    return differences("exit and errors", "0 ", `${code} ${troubles.join("\n")}`);
  });
}

/** What the state says is compared with what must have come of the events; returns what differs. */
async function verify(
  cwd: string,
  env: Record<string, string>,
  count: number,
  expected: ReturnType<typeof expectedOf>,
  receiver: Notified,
): Promise<string[]> {
  let status = "";
  const found: ExpectedAlert[] = [];
  const alertIds: string[] = [];
  const eventIds = new Set<string>();
  await runLookout(["status", "--json"], cwd, env, (line) => {
    status += line;
  });
  await runLookout(["alerts", "--all", "--json"], cwd, env, (line) => {
    const { id, rule, status, startsAt, count }: Alert = JSON.parse(line);
    alertIds.push(id);
    found.push({ rule, status, startsAt: Date.parse(startsAt), count });
  });
  const events = await runLookout(["events", "--json"], cwd, env, (line) => {
    eventIds.add(JSON.parse(line).id);
  });
  // While a service flaps, its single failures are held back.
  const flapping = expected.alerts.some(({ rule, status }) => rule === "service-flapping" && status === "firing");
  const held = flapping ? expected.alerts.filter(({ rule }) => rule === "service-failed").length : 0;
  const days = Object.values((JSON.parse(status) as Status).ledger["service-events"] ?? {});
  const total = (of: "new" | "matched") => days.reduce((sum, day) => sum + day[of], 0);
  return [
    ...differences("events in the ledger", count, total("new")),
    ...differences("events matched", expected.matched, total("matched")),
    ...differences(`distinct events listed (${events.stderr})`, count, eventIds.size),
    ...differences("alerts", sorted(expected.alerts), sorted(found)),
    ...differences(
      "alerts notified once",
      alertIds.length - held,
      [...receiver.alerts.values()].filter((n) => n === 1).length,
    ),
  ];
}

async function stateBytes(cwd: string): Promise<number> {
  const sizes = ["state.db", "state.db-wal"].map((file) =>
    stat(join(cwd, ".lookout", file)).catch(() => ({ size: 0 })),
  );
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}
