// The short form of the soak: a little of every part, side by side, from one seed. It says the seed first, and of what
// fails the command that repeats it.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { PARTS, type PartName } from "./soak-parts.ts";

const COMMAND = join(import.meta.dirname, "soak.ts");
/** How many of each; those that take the longest begin first. Broken texts measure work, which others would disturb. */
const COUNTS: readonly [PartName, number][] = [
  ["properties", 1],
  ["kills", 6],
  ["deaths", 8],
  ["steps", 120],
  ["hostile", 16],
  ["files", 12],
];

/** Returns the exit code. */
export async function runShort(seed: number, say: (text: string) => void): Promise<number> {
  say(`seed ${seed}; all of it again: npm run soak -- --short --from ${seed}`);
  const waiting = [...COUNTS];
  const failed: string[] = [];
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, count] = next;
      const args = ["--only", name, `--${name}`, `${count}`, "--from", `${seed}`];
      const began = performance.now();
      const { code, output } = await run(args);
      const seconds = Math.round((performance.now() - began) / 1000);
      say(`${name}: ${count} ${PARTS[name].what}: ${code === 0 ? "nothing wrong" : "FAILED"}, ${seconds} s`);
      if (code === 0) continue;
      say(output);
      failed.push(`npm run soak -- ${args.join(" ")}`);
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  say(failed.length === 0 ? `seed ${seed}: nothing wrong` : `seed ${seed} failed; again:\n  ${failed.join("\n  ")}`);
  return failed.length === 0 ? 0 : 1;
}

/** What a part prints is kept until it ends, so that those side by side stay apart. */
async function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const parts: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => void parts.push(text));
  }
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output: parts.join("") })));
}
