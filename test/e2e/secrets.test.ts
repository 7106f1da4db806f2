// Secrets that an API or a receiver repeats, whole, cut or encoded: in no output, no row of the
// state file and no message.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { wallClock } from "../../lib/app/clock.ts";
import { connectionOf } from "../../lib/simulator/describe.ts";
import { type Simulator, startSimulator } from "../../lib/simulator/server.ts";
import { folderWith } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { startWebhook, type WebhookReceiver } from "../support/webhook.ts";

const SERVICE = "svc-1";
const HOOK_KEY = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";
/** Characters of an API's error that are shown, and of it that are read. */
const SHOWN = 300;
const READ = 65_536;
/** So many characters of a secret are no coincidence. */
const PIECE = 12;

const LOGINS: Record<string, string> = {
  "a secret key": '{ accessKey: "${env:ACCESS_KEY}", secretKey: "${env:SECRET_KEY}" }',
  "an IAM password and the token issued for it":
    '{ username: "${env:LOGIN}", password: "${env:PASSWORD}", domain: "${env:DOMAIN}" }',
  "a token of one's own": '{ token: "${env:TOKEN}" }',
};
const OWN: Record<string, string> = {
  ACCESS_KEY: "HPUAXTSKEFZQ1EXAMPLE",
  SECRET_KEY: "wJalrXUtnFEMIaK7MDENGbPxRfiCYEXAMPLEKEYq",
  LOGIN: "simulated-user",
  PASSWORD: 'Correct"Horse+9/Battery%Staple=\\1&<x>',
  DOMAIN: "simulated-domain",
  TOKEN: `MII${"Aa0Bb1Cc2Dd3Ee4F".repeat(12)}`,
};

interface World {
  sim: Simulator;
  hook: WebhookReceiver;
  /** The command's own secrets, and the tokens that were issued to it so far. */
  secrets(): string[];
  run(...args: string[]): Promise<string>;
  /** Everything that the commands show, the state holds and receivers were sent. */
  everything(): Promise<string>;
}

async function world(login: string): Promise<World> {
  const sim = await startSimulator({
    clock: wallClock,
    scenario: "empty",
    credentials: {
      accessKey: OWN["ACCESS_KEY"]!,
      secretKey: OWN["SECRET_KEY"]!,
      password: OWN["PASSWORD"]!,
      token: OWN["TOKEN"]!,
    },
  });
  onTestFinished(() => sim.close());
  sim.world.addService({ service_id: SERVICE, service_name: SERVICE });
  const hook = await startWebhook();
  const { url, credentials } = sim;
  const connections = connectionOf({ url, credentials }).replace(/auth: .*/, () => `auth: ${login}`);
  const cwd = await folderWith({
    "lookout.yml": `${connections}
sources: [{ kind: service-events, targets: ["${SERVICE}"] }]
rules: [{ id: broken, when: { level: [error] }, by: [id] }]
health: { lag: 1s, channels: [ops, out] }
route: { channels: [ops, out], groupBy: ["..."] }
channels:
  ops: { type: webhook, url: "\${env:HOOK}", headers: { X-Auth: plain-text-header-1234 } }
  out: { type: console }
`,
  });
  const printed: string[] = [];
  const env = { ...OWN, HOOK: `${hook.url}?key=${HOOK_KEY}` };
  async function run(...args: string[]): Promise<string> {
    const { stdout, stderr } = await lookoutHere(args, { cwd, env });
    printed.push(stdout, stderr);
    return stdout + stderr;
  }
  const names = login.includes("PASSWORD") ? ["PASSWORD"] : login.includes("TOKEN") ? ["TOKEN"] : ["SECRET_KEY"];
  return {
    sim,
    hook,
    secrets: () => [...names.map((name) => OWN[name]!), ...sim.issued, HOOK_KEY, "plain-text-header-1234"],
    run,
    async everything() {
      for (const command of ["status", "alerts", "events", "deliveries"]) {
        await run(command);
        await run(command, "--json");
      }
      await run("explain", "--resource", SERVICE);
      await run("explain", "--resource", SERVICE, "--json");
      const files = ["state.db", "state.db-wal"].map((name) => join(cwd, ".lookout", name));
      const state = await Promise.all(files.map((file) => readFile(file, "latin1").catch(() => "")));
      return [...printed, ...state, ...hook.received.map(({ body }) => body)].join("\n");
    },
  };
}

/** Any part of a secret, in any spelling, that is long enough to be of use. */
function found(everything: string, secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) => {
    const spellings = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), btoa(secret)];
    const pieces = spellings.flatMap((text) =>
      Array.from({ length: Math.max(1, text.length - PIECE + 1) }, (_, at) => text.slice(at, at + PIECE)),
    );
    return pieces.filter((piece) => everything.includes(piece)).slice(0, 1);
  });
}

/** How a server may write what it was given. */
const SPELLINGS: [name: string, write: (secret: string) => string][] = [
  ["as it is", (secret) => secret],
  ["as JSON", (secret) => JSON.stringify(secret)],
  ["as JSON in JSON", (secret) => JSON.stringify(JSON.stringify(secret))],
  ["as JSON with every character escaped", (secret) => secret.replace(/./gs, unicodeEscape)],
  ["in an address", (secret) => encodeURIComponent(secret)],
  [
    "in an address with small digits",
    (secret) => encodeURIComponent(secret).replace(/%../g, (one) => one.toLowerCase()),
  ],
  ["in an address in an address", (secret) => encodeURIComponent(encodeURIComponent(secret))],
  ["in an address with every character encoded", (secret) => secret.replace(/./gs, percentEscape)],
  ["in a form", (secret) => new URLSearchParams({ secret }).toString()],
  ["in HTML", (secret) => secret.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)],
  [
    "with what nobody sees in it",
    (secret) => `${secret.slice(0, 9)}\u200b\u00ad${secret.slice(9, 20)}\u202e${secret.slice(20)}`,
  ],
  ["in base64", (secret) => btoa(secret)],
  ["in base64 behind a name", (secret) => btoa(`u:${secret}`)],
  ["in base64 between others", (secret) => btoa(`me:${secret}@host`)],
  ["in base64 for addresses", (secret) => Buffer.from(`user1:${secret}`).toString("base64url")],
];

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function percentEscape(char: string): string {
  return `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

describe.each(Object.entries(LOGINS))("%s", (_name, login) => {
  test.each([
    ["at the start of an error", 0],
    ["33 characters before the end of what is shown of an error", SHOWN - 34],
    ["where the mark of the cut stands", SHOWN - 2],
    ["where what is read of an error ends, behind markup that is left out", READ - 40],
  ])("%s", async (_place, before) => {
    const { sim, hook, secrets, run, everything } = await world(login);
    const filler = before < SHOWN ? "x".repeat(before) : `<${"i".repeat(before - 2)}>`;
    sim.setFaults([{ kind: "status", status: 401, on: "service-events", says: () => filler + secrets().join(" ") }]);
    await run("run", "--once", "--json");
    // As often as it takes until the connection rests, or the target is overdue: both are notified.
    while (hook.received.length === 0) await run("run", "--once");
    const all = await everything();
    expect(all).toContain("HTTP 401");
    expect(hook.received.length).toBeGreaterThan(0);
    expect(found(all, secrets())).toEqual([]);
  });

  test("in an event's text, in every spelling, in the run that is issued a token and in the next", async () => {
    const { sim, hook, secrets, run, everything } = await world(login);
    await run("run", "--once");
    const now = Date.now();
    const events = SPELLINGS.flatMap(([name, write]) =>
      secrets().map((secret) => `${name}: ${write(secret)}; the end of ${name}`),
    );
    sim.world.addServiceEvents(
      SERVICE,
      events.map((event_info, at) => ({ occur_time: now - 60_000 + at, event_type: "abnormal", event_info })),
    );
    await run("run", "--once");
    const all = await everything();
    for (const [name] of SPELLINGS) expect(all).toContain(`the end of ${name}`);
    expect(hook.received.length).toBeGreaterThan(0);
    expect(found(all, secrets())).toEqual([]);
  });

  test("in what a receiver answers, whole and where what is read of it ends", async () => {
    const { sim, hook, secrets, run, everything } = await world(login);
    sim.world.addServiceEvents(SERVICE, [
      { occur_time: Date.now() - 1_000, event_type: "abnormal", event_info: "down" },
    ]);
    hook.answer = (_request, number) => {
      const filler = number % 2 === 0 ? `<${"i".repeat(READ - 20)}>` : "";
      return { status: 400, body: `${filler}${secrets().join(" ")}` };
    };
    await run("run", "--once");
    await run("redeliver", "--dead");
    const all = await everything();
    expect(all).toContain("HTTP 400");
    expect(found(all, secrets())).toEqual([]);
  });
});
