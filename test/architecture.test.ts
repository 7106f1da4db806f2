// How the house stands: rooms import downwards only, no circle anywhere, pure rooms ask the machine for nothing, and
// one place each reads the environment, the clock, timers, chance and AWS.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

interface Source {
  file: string;
  text: string;
  /** Files it imports, types too. */
  imports: string[];
  packages: string[];
}

const sources = ["lib", "functions", "bin", "bench", "scripts"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|js)$/.test(name))
    .map((name): Source => {
      const file = join(folder, name);
      const text = readFileSync(join(ROOT, file), "utf8");
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
      return {
        file,
        text,
        imports: imports.filter((path) => path.startsWith(".")).map((path) => join(dirname(file), path)),
        packages: imports.filter((path) => !path.startsWith(".")),
      };
    }),
);

/** What each room may import beside itself. */
const BELOW: Record<string, string[]> = {
  model: [],
  patterns: ["model"],
  rules: ["model", "patterns"],
  alerts: ["model"],
  sources: ["model"],
  channels: ["model"],
  store: ["model"],
  config: ["model"],
  simulator: ["model"],
  app: ["model", "patterns", "rules", "alerts", "sources", "channels", "store", "config"],
  local: ["model", "alerts", "store", "app", "simulator"],
  aws: ["model", "rules", "store", "config", "app", "console"],
  console: ["model", "channels", "store", "app"],
  cli: [
    "console",
    "model",
    "patterns",
    "rules",
    "alerts",
    "channels",
    "store",
    "config",
    "app",
    "local",
    "aws",
    "simulator",
  ],
  index: ["model", "patterns", "alerts", "channels"],
  functions: ["aws", "model"],
  bin: [],
  scripts: ["config", "app", "aws", "model", "patterns", "channels", "cli", "test"],
  bench: [
    "model",
    "patterns",
    "rules",
    "sources",
    "store",
    "app",
    "local",
    "aws",
    "cli",
    "simulator",
    "scripts",
    "test",
  ],
};

/**
 * The rooms of the application, bottom first: each imports those before it, and those beside it in
 * its own line not at all.
 */
const APP: string[][] = [
  ["persistence", "clock.ts", "parallel.ts", "open-config.ts"],
  ["deps.ts"],
  ["connections", "groups"],
  ["evaluation"],
  ["polling", "delivery"],
  ["health"],
  ["app.ts", "tick.ts", "queries"],
  ["oncall"],
  ["replay"],
];

function roomOf(file: string): string {
  const [top, room, ...rest] = file.split("/");
  if (top !== "lib") return top!;
  return rest.length > 0 ? room! : "index";
}

function appRoomOf(file: string): string | undefined {
  return file.startsWith("lib/app/") ? file.split("/")[2] : undefined;
}

describe("the rooms", () => {
  it.each(sources)("$file imports only what lies below its room", ({ file, imports }) => {
    const room = roomOf(file);
    expect(Object.keys(BELOW)).toContain(room);
    const rooms = new Set(imports.map(roomOf));
    expect([...rooms].filter((other) => other !== room && !BELOW[room]!.includes(other))).toEqual([]);
  });

  it.each(sources.filter(({ file }) => appRoomOf(file)))("$file imports only lower rooms of lib/app", (source) => {
    const lineOf = (room: string) => APP.findIndex((line) => line.includes(room));
    const own = appRoomOf(source.file)!;
    expect(lineOf(own), `the line of ${own}`).toBeGreaterThanOrEqual(0);
    const others = new Set(source.imports.map(appRoomOf).filter((room) => room !== undefined && room !== own));
    expect([...others].filter((room) => lineOf(room!) >= lineOf(own))).toEqual([]);
  });

  it("has no room that nothing needs to be allowed", () => {
    const unused = Object.entries(BELOW).flatMap(([room, allowed]) => {
      const used = new Set(
        sources.filter(({ file }) => roomOf(file) === room).flatMap(({ imports }) => imports.map(roomOf)),
      );
      return allowed.filter((other) => !used.has(other)).map((other) => `${room} ← ${other}`);
    });
    expect(unused).toEqual([]);
  });

  it("has no circle, between files or between folders", () => {
    const files = new Map(sources.map(({ file, imports }) => [file, new Set(imports)]));
    expect(circlesOf(files)).toEqual([]);
    const folders = new Map<string, Set<string>>();
    for (const [file, imports] of files) {
      const known = folders.get(folderOf(file)) ?? new Set();
      for (const other of imports) if (folderOf(other) !== folderOf(file)) known.add(folderOf(other));
      folders.set(folderOf(file), known);
    }
    expect(circlesOf(folders)).toEqual([]);
  });
});

describe("the comments", () => {
  it("have no line of more than 120 characters, which the formatter does not wrap", () => {
    const long = sources.flatMap(({ file, text }) =>
      text.split("\n").flatMap((line, index) => {
        return line.length > 120 && /^\s*(\/\/|\/\*|\*)/.test(line) ? [`${file}:${index + 1}`] : [];
      }),
    );
    expect(long).toEqual([]);
  });
});

const folders = new Set(sources.map(({ file }) => dirname(file)));

/** Where a folder has others in it, each of its own files stands for itself. */
function folderOf(file: string): string {
  const folder = dirname(file);
  return [...folders].some((other) => other.startsWith(`${folder}/`)) ? file : folder;
}

/**
 * What is left once everything was taken away that imports nothing of what is left: nothing, where there is no circle.
 */
function circlesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const left = new Map(graph);
  for (let size = -1; size !== left.size; ) {
    size = left.size;
    for (const [name, others] of left) if (![...others].some((other) => left.has(other))) left.delete(name);
  }
  // Nor is anything part of a circle that nothing of what is left imports.
  for (let size = -1; size !== left.size; ) {
    size = left.size;
    const imported = new Set([...left.values()].flatMap((others) => [...others]));
    for (const name of left.keys()) if (!imported.has(name)) left.delete(name);
  }
  return [...left.keys()];
}

/** Rooms that are a function of what they are given: no clock, chance, environment, network, file or timer. */
const PURE = /^lib\/(model|patterns|rules|alerts|channels(?!\/http|\/verify-webhook))\b/;

it.each(sources.filter(({ file }) => PURE.test(file)))("$file is pure", ({ text, packages }) => {
  const own = packages.filter((name) => name.startsWith("node:") && !["node:crypto", "node:net"].includes(name));
  expect(own).toEqual([]);
  const asked =
    /Date\.now\(|new Date\(\)|Math\.random|random(UUID|Bytes|Int)|process\.|setTimeout|setImmediate|fetch\(/g;
  expect(text.match(asked)).toBeNull();
});

/**
 * Files in which a pattern of the text may stand, and why nowhere else: one place to look, one
 * place to replace in tests.
 */
const ONE_PLACE: [what: string, pattern: RegExp, allowed: string[]][] = [
  ["the environment", /process\.env\b/, ["lib/config/environment.ts"]],
  [
    "the wall clock",
    /Date\.now\(|new Date\(\)/,
    // verifyWebhook is called by other people's programs: its `now` has a default. A log line says when it was written.
    ["lib/app/clock.ts", "lib/channels/verify-webhook.ts", "lib/cli/io.ts"],
  ],
  [
    "timers",
    /setTimeout|setInterval|AbortSignal\.timeout/,
    [
      "lib/app/clock.ts",
      // By the machine's own time, as the requests that they wait for.
      "lib/app/parallel.ts",
      "lib/app/connections/credentials.ts",
      "lib/channels/http/exchange.ts",
      "lib/sources/cloud/exchange.ts",
      "lib/sources/checks/",
      "lib/aws/secrets.ts",
      // A process that is told to stop, and a command that a person waits for.
      "lib/cli/",
      "lib/local/outlet.ts",
      // In a browser.
      "lib/console/assets/",
    ],
  ],
  [
    "chance",
    /Math\.random|random(UUID|Bytes|Int)\b/,
    [
      "lib/cli/open.ts",
      "lib/aws/runtime.ts",
      // Names that nobody else may guess or have: of processes, of requests, of a view's own escapes; and salts.
      "lib/local/identity.ts",
      "lib/local/steering.ts",
      "lib/app/connections/tokens.ts",
      "lib/store/dynamodb/commit.ts",
      "lib/store/postgres/peers.ts",
      "lib/console/assets/",
    ],
  ],
  [
    "AWS",
    /"@aws-sdk\//,
    [
      "lib/store/dynamodb/",
      "lib/aws/",
      "lib/channels/aws/eventbridge-client.ts",
      "lib/channels/aws/ses.ts",
      "lib/channels/aws/sns.ts",
      "lib/channels/aws/sqs.ts",
    ],
  ],
];

describe("one place each", () => {
  const own = sources.filter(({ file }) => /^(lib|functions)\//.test(file));

  it.each(ONE_PLACE)("asks for %s", (_what, pattern, allowed) => {
    const found = own.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
    expect(found.filter((file) => !allowed.some((prefix) => file.startsWith(prefix)))).toEqual([]);
    expect(allowed.filter((prefix) => !found.some((file) => file.startsWith(prefix)))).toEqual([]);
  });

  it("knows what a source kind is", () => {
    const names =
      /"(service-events|pool-events|service-updates|training-events|cloud-eye-events|(service|pool|job)-status)"/;
    const allowed = /^lib\/(model\/source-kinds\.ts|sources\/|simulator\/)/;
    expect(own.filter(({ file, text }) => names.test(text) && !allowed.test(file)).map(({ file }) => file)).toEqual([]);
  });

  it("keeps functions thin", () => {
    const long = sources.filter(({ file, text }) => file.startsWith("functions/") && text.split("\n").length > 26);
    expect(long.map(({ file }) => file)).toEqual([]);
  });
});
