// Loaded into a measured process (`--import`): writes what it used to file descriptor 3 as it exits.
// The peak is the process's own VmHWM: getrusage would also count what its parent had before it started this one.
import { readFileSync, writeSync } from "node:fs";

let before: NodeJS.CpuUsage | undefined;

process.on("exit", () => {
  const { user, system } = process.cpuUsage(before);
  writeSync(3, JSON.stringify({ cpuMs: (user + system) / 1_000, peakBytes: peakBytes() }));
});

/** What was used so far does not count, as the start of a program. */
export function countFromHere(): void {
  before = process.cpuUsage();
}

function peakBytes(): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "latin1"))![1]) * 1_024;
  } catch {
    return process.resourceUsage().maxRSS * 1_024;
  }
}
