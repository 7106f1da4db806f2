// One row of the state is not what was written: a bit has flipped, or somebody edited it. The real command says so,
// leaves the row as it is, and does whatever does not need it.
import { chmodSync, cpSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { folderWith, startLookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { ABNORMAL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

interface StoredRow {
  pk: string;
  sk: string;
  data: string | Uint8Array;
}

function rowsOf(file: string): StoredRow[] {
  const db = new DatabaseSync(file);
  const rows = db.prepare("SELECT pk, sk, data FROM rows ORDER BY pk, sk").all() as unknown as StoredRow[];
  db.close();
  return rows;
}

function write(file: string, { pk, sk, data }: StoredRow): void {
  const db = new DatabaseSync(file);
  db.prepare("UPDATE rows SET data = ? WHERE pk = ? AND sk = ?").run(data, pk, sk);
  db.close();
}

/** One bit in the middle. */
function flipped({ data, ...key }: StoredRow): StoredRow {
  const bytes = Buffer.from(data);
  bytes[bytes.length >> 1]! ^= 1;
  return { ...key, data: typeof data === "string" ? bytes.toString() : bytes };
}

async function setUp() {
  const sim = await startWithSamples();
  const hook = await startWebhook();
  // One source lists its targets.
  const config = samplesConfig(sim, hook.url).replace(/(kind: pool-events), targets: \S+/, "$1");
  const cwd = await folderWith({ "lookout.yml": config });
  const run = { cwd, env: samplesEnvironment(sim, SECRET) };
  expect((await lookoutHere(["run", "--once"], run)).code).toBe(0);
  const alerts = () => hook.received.flatMap(({ notification }) => notification.alerts);
  const notified = () => alerts().flatMap(({ rule, summary }) => (rule === "abnormal" ? [summary] : []));
  expect(notified()).toHaveLength(ABNORMAL);
  return { sim, hook, cwd, run, notified };
}

/** Which of the two new events are notified. */
const kinds: [kind: RegExp, notified: ("service" | "pool")[]][] = [
  [/^target\/service-events/, ["pool"]],
  [/^source\u0000service-events$/, ["pool"]],
  [/^targets\//, ["pool", "service"]],
  [/^connection/, []],
  [/^delivery/, ["pool", "service"]],
  [/^rule/, ["pool", "service"]],
  [/^events/, ["pool", "service"]],
  [/^meta\u0000generation/, []],
];

test("a row that is damaged is named, left as it is, and never taken for another; what does not need it goes on", async () => {
  const { sim, hook, cwd, run, notified } = await setUp();
  const original = join(cwd, ".lookout/state.db");
  const rows = rowsOf(original);
  sim.world.addServiceEvents([...sim.world.services.keys()][0]!, [
    { occur_time: Date.now(), event_type: "abnormal", event_info: "new of the service" },
  ]);
  sim.world.addPoolEvent([...sim.world.pools.keys()][0]!, {
    type: "Warning",
    reason: "New",
    message: "new of the pool",
    time: Date.now(),
  });
  for (const [kind, expected] of kinds) {
    const row = rows.find(({ pk, sk }) => kind.test(`${pk}\u0000${sk}`));
    if (row === undefined) throw new Error(`no row is like ${kind}`);
    const file = join(cwd, "damaged.db");
    cpSync(original, file);
    const damaged = flipped(row);
    write(file, damaged);
    hook.received.length = 0;
    const once = await lookoutHere(["run", "--once", "--state", file], run);
    const named = `row ${row.pk} ${row.sk} of the state is damaged`;
    const found = { code: once.code, named: once.stderr.includes(named) };
    expect({
      kind,
      ...found,
      notified: expected.filter((one) => notified().some((text) => text.includes(one))),
    }).toEqual({
      kind,
      code: 1,
      named: true,
      notified: expected,
    });
    expect(notified()).toHaveLength(expected.length);
    expect(once.stderr).not.toContain("unexpected");
    const left = rowsOf(file).find(({ pk, sk }) => pk === row.pk && sk === row.sk)!;
    expect(Buffer.compare(Buffer.from(left.data), Buffer.from(damaged.data))).toBe(0);
  }
}, 120_000);

const edits: [sentence: string, edit: (row: StoredRow) => string][] = [
  ["of another shape", () => "{}"],
  ["cut off", ({ data }) => String(data).slice(0, 40)],
  ["without its checksum", ({ data }) => String(data).slice(0, -9)],
  ["with another's checksum", ({ data }) => `${String(data).slice(0, -8)}00000000`],
  ["empty", () => ""],
];

test.each(edits)(
  "`run` reports a row that is %s, goes on, and ends with exit 1",
  async (_, edit) => {
    const { sim, cwd, run, notified } = await setUp();
    const file = join(cwd, ".lookout/state.db");
    const row = rowsOf(file).find(({ pk }) => pk.startsWith("target/service-events"))!;
    write(file, { ...row, data: edit(row) });
    sim.world.addPoolEvent([...sim.world.pools.keys()][0]!, {
      type: "Warning",
      reason: "New",
      message: "new of the pool",
      time: Date.now(),
    });
    const running = startLookout(["run"], run);
    await expect.poll(notified, { timeout: 20_000 }).toContainEqual(expect.stringContaining("new of the pool"));
    await expect.poll(running.stderr, { timeout: 20_000 }).toContain(`row ${row.pk} ${row.sk} of the state is damaged`);
    const status = await lookoutHere(["status"], run);
    expect(status).toMatchObject({ code: 1, stdout: expect.stringContaining(row.sk) });
    running.kill("SIGTERM");
    expect((await running.finished).code).toBe(1);
  },
  60_000,
);

test("a dead delivery whose row is damaged is named by `redeliver --dead`, which sends all others", async () => {
  const { sim, hook, cwd, run } = await setUp();
  hook.answer = () => ({ status: 404 });
  for (const service of [...sim.world.services.keys()].slice(0, 3)) {
    sim.world.addServiceEvents(service, [
      { occur_time: Date.now(), event_type: "abnormal", event_info: `of ${service}` },
    ]);
  }
  await lookoutHere(["run", "--once"], run);
  const file = join(cwd, ".lookout/state.db");
  const dead = rowsOf(file).flatMap(({ pk, sk }) => (pk === "dead" ? [sk] : []));
  expect(dead.length).toBeGreaterThan(1);
  const damaged = flipped(rowsOf(file).find(({ pk, sk }) => pk === "delivery" && sk === dead[1])!);
  write(file, damaged);
  hook.answer = () => ({ status: 204 });
  hook.received.length = 0;
  const again = await lookoutHere(["redeliver", "--dead", "--json"], run);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain(`${dead[1]} was not sent again: row delivery ${dead[1]} of the state is damaged`);
  const others = dead.filter((id) => id !== dead[1]);
  expect(hook.received.map(({ id }) => id)).toEqual(expect.arrayContaining(others));
  const shown = again.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(shown.map(({ id, status }) => [id, status]).sort()).toEqual(others.map((id) => [id, "delivered"]).sort());
});

test("a state that others may read is tightened, with its log, its index and its own folder", async () => {
  const { cwd, run } = await setUp();
  const folder = join(cwd, ".lookout");
  const file = join(folder, "state.db");
  const holder = new DatabaseSync(file);
  holder.exec("BEGIN; SELECT * FROM rows; COMMIT");
  const all = [file, `${file}-wal`, `${file}-shm`];
  for (const name of all) chmodSync(name, 0o644);
  chmodSync(folder, 0o755);
  expect((await lookoutHere(["status"], run)).code).toBe(0);
  expect([folder, ...all].map((name) => statSync(name).mode & 0o777)).toEqual([0o700, 0o600, 0o600, 0o600]);
  holder.close();
  mkdirSync(join(cwd, "shared"), { mode: 0o755 });
  await lookoutHere(["run", "--once", "--state", join(cwd, "shared/state.db")], run);
  expect(statSync(join(cwd, "shared")).mode & 0o777).toBe(0o755);
});
