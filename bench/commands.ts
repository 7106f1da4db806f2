// What a command costs before it does anything: `--version` and `status` of the package as npm installs it, beside an
// empty Node program, in processor time and from start to end.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figure, median, printTable } from "./print.ts";

const ROOT = join(import.meta.dirname, "..");
const TIMES = 5;
const ROUNDS = 3;
const CONFIG = `
connections:
  prod:
    cloud: otc
    region: eu-de
    projectId: "0123456789abcdef0123456789abcdef"
    auth: { accessKey: "\${env:HW_ACCESS_KEY}", secretKey: "\${env:HW_SECRET_KEY}" }
sources: [{ kind: service-events }, { kind: pool-events }, { kind: training-events }, { kind: cloud-eye-events }]
channels: { out: { type: console } }
`;
const PACKS = ["modelarts/services", "modelarts/pools", "modelarts/training", "cloud-eye/core"];

const folder = mkdtempSync(join(tmpdir(), "lookout-bench-"));
try {
  const bin = join(installInto(folder), "bin/lookout.js");
  const write = (name: string, rules: string) => writeFileSync(join(folder, name), CONFIG + rules);
  write("one.yml", "rules: [{ id: any, when: { level: [error] } }]\n");
  write("packs.yml", `rules: [${PACKS.map((name) => `{ include: ${name} }`).join(", ")}]\n`);
  const cases: [string, string[]][] = [
    ["node -e 0", ["-e", "0"]],
    ["lookout --version", [bin, "--version"]],
    ["lookout --help", [bin, "--help"]],
    ["lookout status, one rule", [bin, "status", "--config", "one.yml"]],
    ["lookout status, four packs", [bin, "status", "--config", "packs.yml"]],
  ];
  const rounds = Array.from({ length: ROUNDS }, () => cases.map(([, args]) => measure(args)));
  const rows = cases.map(([name], at) => {
    const of = (value: (measured: Cost) => number) => median(rounds.map((round) => value(round[at]!)));
    return [name, figure(of(({ cpuMs }) => cpuMs)), figure(of(({ wallMs }) => wallMs))];
  });
  printTable(["command", "CPU ms", "wall ms"], rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Packs a copy of the checkout, since packing writes into the tree; its dependencies are the checkout's. */
function installInto(folder: string): string {
  const tree = join(folder, "tree");
  mkdirSync(tree);
  execFileSync("sh", ["-c", `git ls-files -co --exclude-standard | tar cf - -T - | tar xf - -C "${tree}"`], {
    cwd: ROOT,
  });
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
  const packed = execFileSync("npm", ["pack", "--silent"], { cwd: tree, encoding: "utf8" });
  execFileSync("tar", ["xzf", join(tree, packed.trim().split("\n").at(-1)!), "-C", folder]);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return join(folder, "package");
}

interface Cost {
  cpuMs: number;
  wallMs: number;
}

/** Of one run, from several in a row. The shell says what its children used. */
function measure(args: readonly string[]): Cost {
  const loop = `i=0; while [ $i -lt ${TIMES} ]; do "$@" >out 2>&1; i=$((i+1)); done; times`;
  const env = { ...process.env, HW_ACCESS_KEY: "a-key", HW_SECRET_KEY: "a-secret" };
  const began = performance.now();
  const printed = execFileSync("sh", ["-c", loop, "sh", process.execPath, ...args], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  const wallMs = (performance.now() - began) / TIMES;
  const [user = 0, system = 0] = [
    ...printed
      .trim()
      .split("\n")
      .at(-1)!
      .matchAll(/(\d+)m([\d.]+)s/g),
  ].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return { cpuMs: ((user + system) * 1_000) / TIMES, wallMs };
}
