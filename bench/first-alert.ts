// How long it takes from `git clone` to a page with alerts on it, by the README's two commands. It takes the checkout
// as it is committed, the network, and npm's cache as it is.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { figure, printTable } from "./print.ts";

const ROOT = join(import.meta.dirname, "..");
const GOAL_S = 60;

const folder = mkdtempSync(join(tmpdir(), "lookout-bench-"));
const tree = join(folder, "lookout");
const said = join(folder, "said");
const began = performance.now();
const passed = () => (performance.now() - began) / 1_000;
execFileSync("git", ["clone", "--quiet", ROOT, tree]);
const cloned = passed();
execFileSync("npm", ["ci", "--silent"], { cwd: tree, env: environment() });
const installed = passed();
const started = spawn("npm", ["start", "--silent"], {
  cwd: tree,
  env: environment(),
  detached: true,
  stdio: ["ignore", openSync(said, "w"), "ignore"],
});
try {
  const page = await pageOf(said);
  while (!(await fetch(`${page}/api/alerts`).then((answer) => answer.text())).includes('"firing"')) await sleep(100);
  const seen = passed();
  const steps: [string, number][] = [
    ["git clone", cloned],
    ["npm ci", installed - cloned],
    ["npm start, until the first alert", seen - installed],
    ["together", seen],
  ];
  printTable(
    ["step", "s"],
    steps.map(([name, seconds]) => [name, figure(seconds)]),
  );
  console.log(`\nThe load of the machine is ${figure(loadavg()[0]!)}.`);
  if (seen > GOAL_S) {
    console.error(`bench: it took ${figure(seen)} s, the goal is ${GOAL_S}`);
    process.exitCode = 1;
  }
} finally {
  process.kill(-started.pid!, "SIGTERM");
  await once(started, "exit");
  rmSync(folder, { recursive: true, force: true });
}

/** Where the page is, as the command prints it; another port where the usual one is taken. */
async function pageOf(file: string): Promise<string> {
  for (;;) {
    if (statSync(file).size > 0) {
      for await (const line of createInterface({ input: createReadStream(file) })) {
        const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
        if (found !== undefined) return found;
      }
    }
    await sleep(50);
  }
}

/** As of a shell: npm starts its scripts with variables of its own. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|node_)(?!extra)/i.test(name));
  return Object.fromEntries(own);
}
