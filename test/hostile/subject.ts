// Runs the command for cases, one after another or several at once, in a process of its own, and measures it: the
// longest turn of its event loop in processor time, which a busy machine does not lengthen, and its peak memory.
import "../../bin/heap.js";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mainFile } from "../support/built-command.ts";
import { keepingIo } from "../support/io.ts";

process.env["TZ"] = "UTC";
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const { main }: typeof import("../../lib/cli/main.ts") = await import(mainFile());

export interface Task {
  id: number;
  /** Command lines, each after the one before. */
  commands: string[][];
}

export interface Ran {
  args: string[];
  code: number;
  stdout: string;
  stderr: string;
  ms: number;
}

export interface Done {
  id: number;
  ran: Ran[];
  longestTurnMs: number;
  /** Of all cases so far. */
  peakBytes: number;
}

/** How often a turn is looked at; it measures what lies between two looks. ms */
const LOOK_MS = 2;

let longestTurn = 0;
let before = process.threadCpuUsage();
setInterval(() => {
  const { user, system } = process.threadCpuUsage(before);
  before = process.threadCpuUsage();
  longestTurn = Math.max(longestTurn, (user + system) / 1_000);
}, LOOK_MS).unref();

process.on("message", async ({ id, commands }: Task) => {
  // Each case begins as a process of its own would: what those before it left behind is not counted.
  collectGarbage();
  before = process.threadCpuUsage();
  longestTurn = 0;
  const ran: Ran[] = [];
  for (const args of commands) ran.push(await run(args));
  process.send!({
    id,
    ran,
    longestTurnMs: longestTurn,
    peakBytes: process.resourceUsage().maxRSS * 1_024,
  } satisfies Done);
});

async function run(args: string[]): Promise<Ran> {
  const { io, written } = keepingIo();
  const began = Date.now();
  const code = await main(args, io, "0.0.0");
  return { args, code, ...written(), ms: Date.now() - began };
}
