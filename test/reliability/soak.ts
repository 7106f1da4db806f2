// `npm run soak`: the long proof, part by part: the simulation over many seeds, the real command under kill
// -9, the crash matrix, late and hostile input, broken input by the million. With --short some minutes of all
// of it. Exit 1 on any violation.
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { provideCommand } from "../support/built-command.ts";
import { scratchFolder } from "../support/scratch.ts";
import { runSimulation } from "./simulation.ts";
import type { Rates } from "./simulation-profile.ts";
import { describeFailure } from "./simulation-shrink.ts";
import { PARTS, type PartName } from "./soak-parts.ts";
import { runShort } from "./soak-short.ts";

const NAMES = Object.keys(PARTS) as PartName[];
const COUNTS = NAMES.map((name) => `  --${`${name} N`.padEnd(13)}${PARTS[name].what} (default ${PARTS[name].long})`);

const USAGE = `npm run soak [-- options]
${COUNTS.join("\n")}
  --only A,B     these parts alone, by the names above
  --from N       the first seed (default 1)
  --short        two minutes of everything, from a fresh seed where --from names none
  --seed N       this seed of the simulation alone, with --steps steps
  --without A,B  leave out these kinds of faults
  --trace        print everything that goes on in it
  --help
`;

const counts = Object.fromEntries(NAMES.map((name) => [name, { type: "string" as const }]));
const { values } = parseArgs({
  options: {
    ...(counts as Record<PartName, { type: "string" }>),
    only: { type: "string" },
    from: { type: "string" },
    short: { type: "boolean", default: false },
    seed: { type: "string" },
    without: { type: "string", default: "" },
    trace: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else if (values.seed !== undefined) process.exitCode = await repeat(Number(values.seed));
else {
  // For what runs here and the processes that it starts: where they put their files.
  process.env["TMPDIR"] = scratchFolder();
  const remove = await provideCommand();
  try {
    process.exitCode = values.short
      ? await runShort(Number(values.from ?? randomInt(1, 2 ** 31)), say)
      : await soak(Number(values.from ?? 1));
  } finally {
    remove();
  }
}

async function repeat(seed: number): Promise<number> {
  const without = values.without.split(",").filter((kind) => kind !== "") as (keyof Rates)[];
  const trace = values.trace ? { trace: (line: string) => void process.stdout.write(`${line}\n`) } : {};
  const result = await runSimulation({ seed, steps: Number(values.steps ?? 250), without, ...trace });
  say(result.failedAt === undefined ? `seed ${seed}: nothing wrong` : describeFailure({ result, without }));
  return result.failedAt === undefined ? 0 : 1;
}

async function soak(from: number): Promise<number> {
  const only = values.only?.split(",") ?? NAMES;
  const unknown = only.find((name) => !NAMES.includes(name as PartName));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there is ${NAMES.join(", ")}`);
  const failed: string[] = [];
  for (const name of NAMES.filter((name) => only.includes(name))) {
    const count = Number(values[name] ?? PARTS[name].long);
    if (count > 0 && !(await PARTS[name].run(count, from, say))) failed.push(name);
  }
  // Last, since what a part printed may be far above.
  if (failed.length > 0) say(`failed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
