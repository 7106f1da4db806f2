// Runs a command line in the test's own process, for tables of cases: what only a process of its own shows (stdin,
// signals, how it ends) is the matter of cli.ts.
import { main } from "../../lib/cli/main.ts";
import type { Finished, RunOptions } from "./cli.ts";
import { keepingIo } from "./io.ts";

let busy = false;

/**
 * The same as `lookout` of cli.ts but for stdin, and one at a time: the folder and the variables
 * are those of the whole process.
 */
export async function lookoutHere(
  args: readonly string[],
  { cwd, env = {} }: Omit<RunOptions, "stdin">,
): Promise<Omit<Finished, "signal">> {
  if (busy) throw new Error(`lookout ${args.join(" ")} was started while another command runs in this process`);
  busy = true;
  const before = { cwd: process.cwd(), env: process.env };
  const { io, written } = keepingIo();
  try {
    process.chdir(cwd);
    process.env = { ...before.env, ...env };
    return { code: await main(args, io, "0.0.0"), ...written() };
  } finally {
    process.env = before.env;
    process.chdir(before.cwd);
    busy = false;
  }
}
