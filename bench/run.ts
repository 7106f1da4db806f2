// `npm run bench [name…]`: every benchmark, or those named, each in a process of its own so that none warms up another.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const NAMES = [
  "aws-inputs",
  "aws-fleet",
  "scale",
  "backlog",
  "backtest",
  "idle",
  "fleet",
  "storm",
  "matcher",
  "evaluate",
  "late",
  "drill",
  "rate-limit",
  "console",
  "commands",
  "checks",
  "first-alert",
  "bundles",
  "fan-out",
];

/** Those that stand in a folder. */
const FILES: Record<string, string> = { "aws-inputs": "aws/inputs", "aws-fleet": "aws/fleet", scale: "aws/scale" };

const options = process.argv.slice(2).filter((word) => word.startsWith("-"));
const named = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const unknown = [...named.filter((name) => !NAMES.includes(name)), ...options.filter((option) => option !== "--full")];
if (unknown.length > 0) {
  console.error(`bench: ${unknown.join(" ")} is not known; expected ${NAMES.join(", ")} and --full`);
  process.exit(2);
}
for (const name of named.length > 0 ? named : NAMES) {
  console.log(`\n## ${name}\n`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${FILES[name] ?? name}.ts`), ...options], {
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = 1;
}
