// How the house stands: rooms import downwards only, pure rooms ask the machine for nothing, and one place each reads the
// environment, the clock and AWS.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

interface Source {
  file: string;
  room: string;
  text: string;
  /** Rooms of lib it imports from, and packages. */
  rooms: string[];
  packages: string[];
}

function roomOf(file: string): string {
  const parts = relative(ROOT, file).split("/");
  return parts[0] === "lib" && parts.length > 2 ? parts[1]! : parts[0] === "lib" ? "index" : parts[0]!;
}

const sources = ["lib", "functions"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name): Source => {
      const file = join(ROOT, folder, name);
      const text = readFileSync(file, "utf8");
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
      const own = imports.filter((path) => path.startsWith("."));
      return {
        file: relative(ROOT, file),
        room: roomOf(file),
        text,
        rooms: [...new Set(own.map((path) => roomOf(join(file, "..", path))))],
        packages: imports.filter((path) => !path.startsWith(".")),
      };
    }),
);

/** What each room may import beside itself. */
const BELOW: Record<string, string[]> = {
  model: [],
  rules: ["model"],
  alerts: ["model"],
  sources: ["model"],
  channels: ["model"],
  store: ["model"],
  config: ["model"],
  simulator: ["model"],
  app: ["model", "rules", "alerts", "sources", "channels", "store", "config"],
  local: ["model", "rules", "alerts", "channels", "store", "config", "app", "simulator"],
  aws: ["model", "rules", "alerts", "store", "config", "app"],
  cli: ["model", "rules", "alerts", "channels", "store", "config", "app", "local", "aws", "simulator"],
  index: ["model", "rules", "alerts", "channels"],
  functions: ["aws", "model", "app"],
};
const PURE = ["model", "rules", "alerts"];

describe("the rooms", () => {
  it.each(sources)("$file imports only what lies below its room", ({ room, rooms }) => {
    expect(Object.keys(BELOW)).toContain(room);
    expect(rooms.filter((other) => other !== room && !BELOW[room]!.includes(other))).toEqual([]);
  });

  it.each(sources.filter(({ room }) => PURE.includes(room)))("$file is pure", ({ text, packages }) => {
    expect(packages.filter((name) => name.startsWith("node:") && !["node:crypto", "node:net"].includes(name))).toEqual(
      [],
    );
    expect(text.match(/Date\.now\(|new Date\(\)|Math\.random|process\.|setTimeout|fetch\(/g)).toBeNull();
  });
});

/** Files in which a pattern of the text may stand, and why nowhere else: one place to look, one place to replace in tests. */
const ONE_PLACE: [what: string, pattern: RegExp, allowed: string[]][] = [
  ["the environment", /process\.env\b/, ["lib/config/environment.ts"]],
  // verifyWebhook is called by other people's programs: its `now` has a default.
  [
    "the wall clock",
    /Date\.now\(|new Date\(\)/,
    ["lib/app/clock.ts", "lib/channels/verify-webhook.ts", "lib/cli/io.ts"],
  ],
  ["AWS", /"@aws-sdk\//, ["lib/store/dynamodb", "lib/aws/"]],
];

describe("one place each", () => {
  it.each(ONE_PLACE)("reads %s", (_what, pattern, allowed) => {
    const found = sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
    expect(found.filter((file) => !allowed.some((prefix) => file.startsWith(prefix)))).toEqual([]);
  });

  it("keeps functions thin", () => {
    const long = sources.filter(({ room, text }) => room === "functions" && text.split("\n").length > 26);
    expect(long.map(({ file }) => file)).toEqual([]);
  });
});
