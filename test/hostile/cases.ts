// One case of the hostile-input suite: a seed draws the attack, the command runs a round and is asked about it, and
// what came of it is judged: everybody else was read and notified, nothing shows a secret, nothing took for ever.
import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createRandom } from "../../lib/simulator/random.ts";
import type { Simulator } from "../../lib/simulator/server.ts";
import { rowData } from "../../lib/store/codec.ts";
import type { Queue } from "../../lib/store/port.ts";
import type { Asked, Attack } from "./attacks.ts";
import type { HostileConfiguration } from "./configurations.ts";
import { CHANNELS, type ChannelName, JOB, POOL, type Post, SECRETS, SERVICES, startStand } from "./stand.ts";
import type { Done, Ran, Task } from "./subject.ts";

/** A poll interval: a round that takes longer delays the next. ms */
const INTERVAL_MS = 60_000;
/** Then something goes on for ever, or blocks the process. ms */
const PATIENCE_MS = 100_000;
/** So many characters of a secret are enough to be a leak. */
const FRAGMENT = 10;

export interface Outcome {
  name: string;
  seed: number;
  wrong: string[];
  /** Places where a part of a secret was found. */
  leaks: string[];
}

export interface Measured {
  longestTurnMs: number;
  /** The case, and its seed. */
  longestTurnOf: string;
  peakBytes: number;
  /** Likewise. */
  peakOf: string;
}

interface Subject {
  /** Not measured: what a start costs once, or a command that others do not wait for. */
  aside(commands: string[][]): Promise<Ran[]>;
  /** `of` names the case. */
  run(commands: string[][], of: string): Promise<Ran[]>;
  isAlive(): boolean;
  /** The worst of all cases since it was warm. */
  measured(): Measured;
  close(): void;
}

/** Killed, and every case that it had in hand failed, where one takes longer than PATIENCE_MS. */
function startSubject(): Subject {
  const child: ChildProcess = fork(join(import.meta.dirname, "subject.ts"), {
    // As the image and the systemd unit have it.
    env: { ...process.env, ...SECRETS, NO_COLOR: "1", MALLOC_ARENA_MAX: "1" },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const waiting = new Map<number, { resolve: (done: Done) => void; reject: (error: Error) => void }>();
  const worst = { longestTurnMs: 0, longestTurnOf: "", peakBytes: 0, peakOf: "" };
  let count = 0;
  child.on("message", (done: Done) => {
    waiting.get(done.id)?.resolve(done);
    waiting.delete(done.id);
  });
  child.on("exit", (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the command's process ended: ${signal ?? code}`));
  });
  async function send(task: Task): Promise<Done> {
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    try {
      return await new Promise((resolve, reject) => {
        waiting.set(task.id, { resolve, reject });
        child.send(task);
      });
    } finally {
      clearTimeout(timer);
    }
  }
  return {
    aside: async (commands) => (await send({ id: ++count, commands })).ran,
    async run(commands, of) {
      const { ran, longestTurnMs, peakBytes } = await send({ id: ++count, commands });
      if (peakBytes > worst.peakBytes) Object.assign(worst, { peakBytes, peakOf: of });
      if (longestTurnMs > worst.longestTurnMs) Object.assign(worst, { longestTurnMs, longestTurnOf: of });
      return ran;
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    measured: () => worst,
    close: () => void child.kill("SIGKILL"),
  };
}

/** Several commands, each with one case at a time. */
export interface Subjects {
  /** Waits for a free one; one that was killed is replaced. */
  run(attack: Attack, seed: number): Promise<Outcome>;
  /** How one of them reads a configuration, with every command that only looks. */
  read(configuration: HostileConfiguration, seed: number): Promise<Outcome>;
  /** The worst of any. */
  measured(): Measured;
  close(): void;
}

export function startSubjects(sim: Simulator, count: number): Subjects {
  const all: Subject[] = [];
  const free: Promise<Subject>[] = [];
  const waiting: ((subject: Promise<Subject>) => void)[] = [];

  async function start(tries = 3): Promise<Subject> {
    const subject = startSubject();
    all.push(subject);
    // It has seen a round in which all behave.
    const calm: Attack = { name: "behaves", at: "receiver", make: () => accepted };
    try {
      await runCase(sim, { ...subject, run: subject.aside }, calm, 0);
    } catch (error) {
      // A machine with much else to do.
      if (tries > 1) return start(tries - 1);
      throw error;
    }
    return subject;
  }
  function giveBack(subject: Promise<Subject>): void {
    const next = waiting.shift();
    if (next) next(subject);
    else free.push(subject);
  }
  for (let at = 0; at < count; at++) giveBack(start());
  async function withOne(name: string, seed: number, work: (subject: Subject) => Promise<Outcome>): Promise<Outcome> {
    const taken = await (free.shift() ?? new Promise<Subject>((resolve) => waiting.push(resolve)));
    try {
      return await work(taken);
    } catch (error) {
      return { name, seed, wrong: [(error as Error).message], leaks: [] };
    } finally {
      giveBack(taken.isAlive() ? Promise.resolve(taken) : start());
    }
  }
  return {
    run: (attack, seed) =>
      withOne(`${attack.at} ${attack.name}`, seed, (subject) => runCase(sim, subject, attack, seed)),
    read: (configuration, seed) =>
      withOne(`configuration ${configuration.name}`, seed, (subject) => readCase(subject, configuration, seed)),
    measured() {
      const each = all.map((one) => one.measured());
      const slowest = each.reduce((a, b) => (b.longestTurnMs > a.longestTurnMs ? b : a));
      const { peakBytes, peakOf } = each.reduce((a, b) => (b.peakBytes > a.peakBytes ? b : a));
      return { ...slowest, peakBytes, peakOf };
    },
    close() {
      for (const subject of all) subject.close();
    },
  };
}

function accepted({ forward }: Asked): void {
  forward();
}

async function readCase(subject: Subject, { name, make }: HostileConfiguration, seed: number): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "lookout-hostile-"));
  try {
    for (const [file, text] of Object.entries(make(createRandom(seed)))) await writeFile(join(folder, file), text);
    const at = ["--config", join(folder, "lookout.yml"), "--state", join(folder, "state.db")];
    await writeFile(join(folder, "state.db"), "");
    const ran = await subject.run(
      [
        ["status", ...at],
        ["alerts", ...at],
      ],
      `configuration ${name}, seed ${seed}`,
    );
    ran.push(...(await subject.aside([["check", ...at.slice(0, 2)]])));
    const texts = ran.flatMap(({ args, stdout, stderr }): [string, string][] => [
      [`stdout of ${args[0]}`, stdout],
      [`stderr of ${args[0]}`, stderr],
    ]);
    const wrong = ran.flatMap((one) => [
      ...(one.ms > INTERVAL_MS ? [`${one.args[0]} took ${Math.round(one.ms / 1_000)} s`] : []),
      ...endedWrong(one),
    ]);
    return { name: `configuration ${name}`, seed, wrong, leaks: leaksIn(texts, Object.values(SECRETS)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** However it ends, it says so to people, and shows nothing of its inside. */
function endedWrong({ args, code, stderr }: Ran): string[] {
  const wrong: string[] = [];
  if (![0, 1, 2].includes(code)) wrong.push(`${args[0]} ended with ${code}: ${stderr.slice(-500)}`);
  if (/internal error|\n\s+at .*:\d+:\d+/i.test(stderr)) wrong.push(`${args[0]} shows a stack: ${stderr.slice(-500)}`);
  return wrong;
}

/** Never rejects but for the suite's own failures. */
async function runCase(sim: Simulator, subject: Subject, attack: Attack, seed: number): Promise<Outcome> {
  const stand = await startStand(sim, attack, attack.make(createRandom(seed)));
  const folder = await mkdtemp(join(tmpdir(), "lookout-hostile-"));
  try {
    const file = join(folder, "lookout.yml");
    const state = join(folder, "state.db");
    await writeFile(file, stand.yaml(state), { mode: 0o600 });
    const at = ["--config", file];
    const ran = await subject.run(
      [
        ["run", "--once", ...at],
        ["status", ...at],
        ["status", "--json", ...at],
        ["alerts", ...at],
        ["alerts", "--json", ...at],
        ["deliveries", "--json", ...at],
      ],
      `${attack.at} ${attack.name}, seed ${seed}`,
    );
    const texts: [string, string][] = ran.flatMap(({ args, stdout, stderr }): [string, string][] => [
      [`stdout of ${args[0]}`, stdout],
      [`stderr of ${args[0]}`, stderr],
    ]);
    for (const { channel, body } of stand.posts) texts.push([`the message to ${channel}`, body]);
    texts.push(...(await stateOf(folder)));
    const secrets = [...Object.values(SECRETS), ...stand.tokens];
    const name = `${attack.at} ${attack.name}`;
    return { name, seed, wrong: wrongIn(attack, ran, stand.posts), leaks: leaksIn(texts, secrets) };
  } finally {
    await stand.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function wrongIn(attack: Attack, ran: readonly Ran[], posts: readonly Post[]): string[] {
  const wrong: string[] = [];
  const [round] = ran;
  if (round!.ms > INTERVAL_MS) wrong.push(`the round took ${Math.round(round!.ms / 1_000)} s`);
  for (const one of ran) {
    const { args, code, stdout, stderr } = one;
    if (code === 2) wrong.push(`${args[0]} refused: ${stderr.slice(-500)}`);
    wrong.push(...endedWrong(one));
    if (!args.includes("--json") || args[0] === "run") continue;
    const lines = args[0] === "status" ? [stdout] : stdout.split("\n").filter((line) => line !== "");
    if (!lines.every(isJson)) wrong.push(`${args.slice(0, 2).join(" ")} is no JSON`);
  }
  const hook = posts.filter(({ channel }) => channel === "hook").map(({ body }) => body);
  for (const name of expected(attack)) {
    if (!hook.some((body) => body.includes(`"${name}"`))) wrong.push(`nobody was notified of ${name}`);
  }
  for (const channel of Object.keys(CHANNELS) as ChannelName[]) {
    if (!posts.some((post) => post.channel === channel)) wrong.push(`nothing was sent to ${channel}`);
  }
  return wrong;
}

/** Names of what failed and is in nobody's hands. */
function expected({ at }: Attack): string[] {
  const services = at === "service-events" ? SERVICES.slice(1) : SERVICES;
  return [...services, ...(at === "pools" ? [] : [POOL]), ...(at === "tokens" ? [] : [JOB])];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

interface StoredRow {
  pk: string;
  sk: string;
  queue: Queue | null;
  due: number | null;
  expires: number | null;
  data: string | Uint8Array;
}

async function stateOf(folder: string): Promise<[string, string][]> {
  const texts: [string, string][] = [];
  if (!(await readdir(folder)).includes("state.db")) return texts;
  const db = new DatabaseSync(join(folder, "state.db"), { readOnly: true });
  const rows = db.prepare("SELECT pk, sk, queue, due, expires, data FROM rows").all() as unknown as StoredRow[];
  for (const { pk, sk, queue, due, expires, data } of rows) {
    const frame = {
      pk,
      sk,
      ...(queue && { queue }),
      ...(due !== null && { due }),
      ...(expires !== null && { expires }),
    };
    texts.push([`row ${pk} ${sk}`, `${pk} ${sk} ${JSON.stringify(rowData(frame, data))}`]);
  }
  db.close();
  return texts;
}

function leaksIn(texts: readonly [string, string][], secrets: readonly string[]): string[] {
  const fragments = secrets.flatMap((secret) => {
    const forms = [secret, secret.toUpperCase(), encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
    return forms.flatMap((form) => {
      return Array.from({ length: Math.max(1, form.length - FRAGMENT + 1) }, (_, at) => form.slice(at, at + FRAGMENT));
    });
  });
  const wanted = new Set(fragments.filter((fragment) => fragment.length === FRAGMENT));
  return texts.filter(([, text]) => holdsAny(text, wanted)).map(([place]) => place);
}

function holdsAny(text: string, fragments: ReadonlySet<string>): boolean {
  for (let at = 0; at + FRAGMENT <= text.length; at++) if (fragments.has(text.slice(at, at + FRAGMENT))) return true;
  return false;
}
