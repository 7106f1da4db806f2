// The command that the tests start as processes: built once per run, as it is published. From the sources each process
// would take three times as long to start.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CHECKOUT = join(import.meta.dirname, "../..");
/** Names the folder of the built package to the processes of a run. */
const VARIABLE = "LOOKOUT_TEST_PACKAGE";
/** What comes with the command, besides its code. */
const BESIDE = ["rules", "docs", "lookout.example.yml", "lookout.example.test.yml"];

/** The folder of the package that is tested: the built one, or the checkout where a run has built none. */
export function packageFolder(): string {
  return process.env[VARIABLE] ?? CHECKOUT;
}

/** What `node` runs as the command. */
export function commandFile(): string {
  return join(packageFolder(), "bin/lookout.js");
}

/** The module that exports `main`. */
export function mainFile(): string {
  const built = join(packageFolder(), "dist/lib/cli/main.js");
  return existsSync(built) ? built : join(packageFolder(), "lib/cli/main.ts");
}

/** Builds the command for this process and those that it starts, unless one above has; gives what removes it. */
export async function provideCommand(): Promise<() => void> {
  if (process.env[VARIABLE] !== undefined) return () => {};
  const { buildCommand } = await import("../../scripts/build-command.ts");
  const { importsApart } = await import("../../scripts/at-need.ts");
  const folder = mkdtempSync(join(tmpdir(), "lookout-built-"));
  await buildCommand(join(folder, "dist"));
  cpSync(join(CHECKOUT, "bin"), join(folder, "bin"), { recursive: true });
  for (const name of BESIDE) symlinkSync(join(CHECKOUT, name), join(folder, name));
  // Where Node keeps what it has compiled.
  mkdirSync(join(folder, "node_modules"));
  const { name, version, type } = JSON.parse(readFileSync(join(CHECKOUT, "package.json"), "utf8"));
  const manifest = { name, version, type, imports: importsApart("./dist") };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  process.env[VARIABLE] = folder;
  return () => {
    delete process.env[VARIABLE];
    rmSync(folder, { recursive: true, force: true });
  };
}
