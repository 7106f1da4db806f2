// Runs the real command in a process of its own and measures it from outside.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const COMMAND = join(import.meta.dirname, "../bin/lookout.js");
const USAGE = join(import.meta.dirname, "usage.ts");

export interface Measured {
  code: number | null;
  stderr: string;
  /** From the start of the process to its end. */
  wallMs: number;
  cpuMs: number;
  peakBytes: number;
}

/** Runs `lookout …` in `cwd`; every line of its stdout goes to `onLine`. */
export async function runLookout(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  onLine: (line: string) => void = () => {},
): Promise<Measured> {
  const began = performance.now();
  const child = spawn(process.execPath, ["--import", USAGE, COMMAND, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const [, stdout, stderr, usage] = child.stdio as unknown as Readable[];
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve)).then((code) => ({
    code,
    wallMs: performance.now() - began,
  }));
  const [{ code, wallMs }, , errors, used] = await Promise.all([
    ended,
    eachLine(stdout!, onLine),
    textOf(stderr!),
    textOf(usage!),
  ]);
  if (used === "") throw new Error(`lookout ${args.join(" ")} did not end by itself: ${errors}`);
  return { code, wallMs, stderr: errors, ...JSON.parse(used) };
}

async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) onLine(line);
}

async function textOf(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}
