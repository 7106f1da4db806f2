// The real command on a terminal of its own, by `script` of util-linux. Where it is missing, tests are skipped by name;
// in CI it is required.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { onTestFinished } from "vitest";
import { commandFile } from "./built-command.ts";

const SCRIPT = "/usr/bin/script";

/** Why there is no terminal; undefined where there is one, and in CI, where there must be. */
export const noTerminal =
  existsSync(SCRIPT) || process.env["CI"] !== undefined ? undefined : "script is missing: apt-get install bsdutils";

export interface OnTerminal {
  type(keys: string): void;
  /** Everything on the screen so far. */
  shown(): string;
  /** Resolves to the exit code. */
  ended: Promise<number | null>;
}

/** `lookout …` on 80 columns and 24 rows; killed at the latest when the test ends. */
export function onTerminal(args: string, { cwd, env = {} }: { cwd: string; env?: Record<string, string> }): OnTerminal {
  const line = `stty cols 80 rows 24; exec "${process.execPath}" "${commandFile()}" ${args}`;
  const child = spawn(SCRIPT, ["-qfec", line, "/dev/null"], { cwd, env: { ...process.env, ...env, TERM: "xterm" } });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    shown += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { type: (keys) => void child.stdin.write(keys), shown: () => shown, ended };
}
