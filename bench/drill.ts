// A drill: an incident of 98 abnormal events, polled with the packs and the default routes, on a clock that runs thirty
// times as fast. Beside it a real Alertmanager gets each abnormal event as an alert, with the same grouping times, and
// another one with a `group_wait` of 30s, its own default. Fails where the first message of a wave comes late or names
// less than all, where anything stays open, or where Lookout needs more than two thirds of the messages of the one with
// the same times.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../lib/app/app.ts";
import { wallClock } from "../lib/app/clock.ts";
import { openAlerts } from "../lib/app/queries/lists.ts";
import { readConfig } from "../lib/cli/open.ts";
import { createLocalBus, runDaemon } from "../lib/local/daemon.ts";
import { processIdentity } from "../lib/local/identity.ts";
import type { Clock } from "../lib/model/clock.ts";
import type { RuleConfig } from "../lib/model/config.ts";
import type { Notification } from "../lib/model/notification.ts";
import { compilePattern } from "../lib/patterns/pattern.ts";
import { connectionOf } from "../lib/simulator/describe.ts";
import { startSimulator } from "../lib/simulator/server.ts";
import { openSqliteStore } from "../lib/store/sqlite/sqlite.ts";
import { startReceiver } from "../test/support/receiver.ts";
import { ALERTMANAGER, type Alertmanager, postAlerts, startAlertmanager } from "./alertmanager.ts";
import { type Happening, populate, show, story, WAVES } from "./drill-story.ts";
import { figure, printTable } from "./print.ts";

const SPEED = 30;
const MINUTE = 60_000;
const POLL_MS = MINUTE;
/** Of real time, for what takes real time: requests, the store, the message. */
const GRACE_MS = 2_000;
/** The last recovery, the hour after which what flapped counts as settled, and the messages about it. */
const END_MS = 110 * MINUTE;
/** What both wait before a group that was notified is notified of news: the default of both. */
const GROUP_INTERVAL_MS = 5 * MINUTE;
/** The default of Lookout, and that of Alertmanager. */
const GROUP_WAITS_MS = { same: 0, own: MINUTE / 2 } as const;
const SHARE = 2 / 3;

interface Message {
  /** ms of the fast clock, from the story's start. */
  at: number;
  text: string;
  firing: string[];
}

const began = Date.now();
const clock: Clock = {
  now: () => began + Math.round((Date.now() - began) * SPEED),
  sleep: (ms, signal) => wallClock.sleep(ms / SPEED, signal),
};
const folder = await mkdtemp(join(tmpdir(), "lookout-drill-"));
const sent: Record<"lookout" | "same" | "own", Message[]> = { lookout: [], same: [], own: [] };
const receiver = await startReceiver(({ path, body }) => {
  const at = clock.now() - began;
  const message = JSON.parse(body);
  if (path === "/lookout") sent.lookout.push(ofLookout(message, at));
  else sent[path === "/same" ? "same" : "own"].push(ofAlertmanager(message, at));
  return undefined;
});
const simulator = await startSimulator({ clock, scenario: "empty" });
const stop = new AbortController();
const others = (await Promise.all([alertmanager("same"), alertmanager("own")])).filter((one) => one !== undefined);
try {
  const { world, credentials } = simulator;
  populate(world);
  const file = join(folder, "lookout.yml");
  await writeFile(
    file,
    `${connectionOf({ url: simulator.url, credentials })}sources:
  - { kind: service-events }
  - { kind: pool-events }
  - { kind: training-events }
rules: [{ include: modelarts/core }]
channels: { ops: { type: webhook, url: "${receiver.url}/lookout" } }
`,
  );
  const env = { HW_ACCESS_KEY: credentials.accessKey, HW_SECRET_KEY: credentials.secretKey };
  const opened = await readConfig(file, undefined, env);
  const store = openSqliteStore({ path: join(folder, "state.db"), now: clock.now });
  const bus = createLocalBus(clock.sleep);
  const log = { debug() {}, info() {}, warn: console.error, error: console.error };
  const { config, secrets } = opened;
  const ports = {
    store,
    clock,
    random: Math.random,
    identity: processIdentity(),
    log,
    bus,
    secrets,
    print: async () => {},
  };
  const app = createApp(config, ports);
  const rounds = new Map<string, number>();
  const polled = (source: string) => void rounds.set(source, (rounds.get(source) ?? 0) + 1);
  const running = runDaemon(app, bus, stop.signal, { polled: ({ source }) => polled(source) });
  const shownAt = await play(config.rules, async () => {
    const before = new Map(rounds);
    while (config.sources.some(({ id }) => rounds.get(id) === before.get(id))) await wallClock.sleep(10);
  });
  const open = await openAlerts(app);
  stop.abort();
  await running;
  await store.close();
  report(
    open.map(({ rule, resource }) => `${rule} of ${resource?.name}`),
    shownAt,
  );
} finally {
  stop.abort();
  for (const one of others) one.process.kill();
  await Promise.all([simulator.close(), receiver.close()]);
  await rm(folder, { recursive: true, force: true });
}

function alertmanager(name: keyof typeof GROUP_WAITS_MS): Promise<Alertmanager | undefined> {
  const real = (ms: number) => `${ms / SPEED}ms`;
  const config = `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: ${real(GROUP_WAITS_MS[name])}
  group_interval: ${real(GROUP_INTERVAL_MS)}
  repeat_interval: 4h
receivers: [{ name: ops, webhook_configs: [{ url: "${receiver.url}/${name}" }] }]
`;
  return startAlertmanager(folder, config, name);
}

/**
 * Everything happens at its time, to the cloud and to Alertmanager; what breaks together does so between two polls.
 * Returns when it did, by when it was to; ms from the story's start.
 */
async function play(rules: readonly RuleConfig[], pollsDone: () => Promise<void>): Promise<Map<number, number>> {
  const shownAt = new Map<number, number>();
  const named = rules
    .filter(({ threshold, sequence }) => threshold === undefined && sequence === undefined)
    .map(({ id, when }) => ({ id, pattern: compilePattern(when) }));
  const firing = new Map<string, object[]>();
  for (const [at, together] of Map.groupBy(story(), ({ at }) => at)) {
    await clock.sleep(Math.max(0, began + at - clock.now()));
    await pollsDone();
    shownAt.set(at, clock.now() - began);
    for (const happening of together) show(simulator.world, happening, clock.now());
    if (others.length > 0) await notify(together, named, firing);
  }
  await clock.sleep(began + END_MS - clock.now());
  return shownAt;
}

interface Named {
  id: string;
  pattern: ReturnType<typeof compilePattern>;
}

/** An abnormal event is an alert by the name of the rule that takes it; a recovery ends the alerts of its resource. */
async function notify(
  together: readonly Happening[],
  named: readonly Named[],
  firing: Map<string, object[]>,
): Promise<void> {
  for (const happening of together) {
    const { resource, isAbnormal } = happening;
    const now = new Date().toISOString();
    const before = firing.get(resource) ?? [];
    const alerts = isAbnormal ? [alertOf(happening, named, now)] : before.map((alert) => ({ ...alert, endsAt: now }));
    firing.set(resource, isAbnormal ? [...before, ...alerts] : []);
    if (alerts.length > 0) await Promise.all(others.map((one) => postAlerts(one, alerts)));
  }
}

function alertOf({ kind, resource, message }: Happening, named: readonly Named[], startsAt: string): object {
  const alertname = named.find(({ pattern }) => pattern.matches(eventOf(kind, message)))?.id;
  if (alertname === undefined) throw new Error(`no rule takes ${message}`);
  // It fires until its resource recovers.
  return { labels: { alertname, resource, message }, startsAt, endsAt: new Date(Date.now() + END_MS).toISOString() };
}

/** As much of an event as the packs' patterns look at. */
function eventOf(source: Happening["kind"], message: string): object {
  const reason = message.startsWith("Pool resources") ? "PoolResourcesStatusChange" : null;
  const type = source === "pool-events" ? "Warning" : "abnormal";
  return { source, type, reason, message, text: message.toLowerCase(), level: "error" };
}

function ofLookout({ reason, alerts }: Notification, at: number): Message {
  const firing = alerts.filter(({ status }) => status === "firing").map(({ resource }) => resource?.name ?? "?");
  const names = alerts.map(({ rule, status, resource }) => `${rule} ${status} ${resource?.name}`);
  return { at, text: `${reason}: ${names.join(", ")}`, firing };
}

interface Posted {
  alerts: { status: string; labels: Record<string, string> }[];
}

function ofAlertmanager({ alerts }: Posted, at: number): Message {
  const firing = alerts.filter(({ status }) => status === "firing").map(({ labels }) => labels["resource"]!);
  const names = alerts.map(({ status, labels }) => `${labels["alertname"]} ${status} ${labels["resource"]}`);
  return { at, text: names.join(", "), firing };
}

/** Prints the figures, and throws where a bar is missed. */
function report(open: readonly string[], shownAt: ReadonlyMap<number, number>): void {
  if (process.env["DRILL_VERBOSE"]) {
    for (const [who, messages] of Object.entries(sent)) {
      for (const { at, text } of messages) console.log(`${who} ${(at / MINUTE).toFixed(1)}m ${text}`);
    }
  }
  const [own, theirs] = [sent.lookout.length, sent.same.length];
  const events = story().filter(({ isAbnormal }) => isAbnormal).length;
  const rows = [["Lookout", figure(events), figure(own), figure(open.length)]];
  if (others.length > 0) {
    rows.push(["Alertmanager, same times", figure(events), figure(theirs), ""]);
    rows.push(["Alertmanager, `group_wait: 30s`", figure(events), figure(sent.own.length), ""]);
  }
  printTable(["notifier", "abnormal events", "messages", "open at the end"], rows);
  console.log("");
  const waves = WAVES.map(({ name, at, resources }) => {
    const first = sent.lookout.find((message) => resources.some((resource) => message.firing.includes(resource)));
    const named = resources.filter((resource) => first?.firing.includes(resource)).length;
    const delay = ((first?.at ?? Number.NaN) - shownAt.get(at)!) / 1_000;
    return { name, named, of: resources.length, delay };
  });
  printTable(
    ["wave", "resources", "in its first message", "after, s of the story"],
    waves.map(({ name, named, of, delay }) => [name, figure(of), figure(named), figure(delay)]),
  );
  const most = (POLL_MS + GRACE_MS * SPEED) / 1_000;
  const wrong = [
    ...open.map((alert) => `still open: ${alert}`),
    ...waves.filter(({ named, of }) => named < of).map(({ name }) => `${name}: the first message does not name all`),
    ...waves.filter(({ delay }) => !(delay <= most)).map(({ name, delay }) => `${name}: after ${figure(delay)} s`),
    ...(others.length > 0 && own > theirs * SHARE ? [`${own} messages are more than two thirds of ${theirs}`] : []),
  ];
  if (others.length > 0) console.log(`\nLookout sends ${figure(own / theirs)} times as many messages as Alertmanager.`);
  else console.log(`\nNo Alertmanager to compare with: ${ALERTMANAGER} is not there.`);
  if (wrong.length > 0) throw new Error(`the drill failed:\n  ${wrong.join("\n  ")}`);
}
