// Servers and tools in Python for tests: packages are fetched once with pip, and no server outlives the tests.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, "../../node_modules/.cache");
const IS_NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 10))";

export interface PythonServer {
  port: number;
  stop(): void;
}

export interface PackagesOptions {
  /** Names the folder of its packages. */
  name: string;
  /** A file beside this one. */
  requirements: string;
  /** What is said where this machine cannot run it. */
  wanted: string;
}

export interface PythonOptions extends PackagesOptions {
  /** A file beside this one. It prints "port N" once it serves, and ends with its standard input. */
  script: string;
  /** Given each line that the script prints after its port. */
  line?: (text: string) => void;
}

/** Starts the server; null, said on the console, where this machine cannot run it. Throws there in CI. */
export async function startPython(options: PythonOptions): Promise<PythonServer | null> {
  const packages = await fetchPython(options);
  return packages === null ? null : serve(options, packages);
}

/** Resolves to the folder of the packages; null, said on the console, where there is no pip. Throws there in CI. */
export async function fetchPython(options: PackagesOptions): Promise<string | null> {
  const requirements = join(import.meta.dirname, options.requirements);
  // One folder per content of the requirements, so that a new version is fetched anew.
  const version = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const packages = join(CACHE, options.name, version);
  if (!(await canRun(packages))) {
    if (process.env["CI"]) throw new Error(options.wanted);
    console.warn(`Skipped: ${options.wanted}.`);
    return null;
  }
  if (!existsSync(packages)) await fetchPackages(packages, requirements);
  return packages;
}

async function canRun(packages: string): Promise<boolean> {
  try {
    await run("python3", ["-c", IS_NEW_ENOUGH]);
    if (!existsSync(packages)) await run("python3", ["-m", "pip", "--version"]);
    return true;
  } catch {
    return false;
  }
}

async function serve({ script, line }: PythonOptions, packages: string): Promise<PythonServer> {
  const env = { ...process.env, PYTHONPATH: packages };
  const stdio = ["pipe", "pipe", "pipe"] as const;
  const child: ChildProcess = spawn("python3", [join(import.meta.dirname, script)], { stdio: [...stdio], env });
  let errors = "";
  child.stderr!.on("data", (text) => {
    errors = (errors + text).slice(-4_000);
  });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on("line", (text) => {
      if (text.startsWith("port ")) resolve(Number(text.slice(5)));
      else line?.(text);
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${script} did not start (exit code ${code}):\n${errors}`)));
  });
  // Its standard input ends with this process, however that dies; `stop` ends it earlier.
  return { port, stop: () => child.stdin!.destroy() };
}

/** The folder appears complete or not at all: an interrupted or concurrent fetch leaves nothing half done. */
async function fetchPackages(packages: string, requirements: string): Promise<void> {
  const fetching = `${packages}.${process.pid}`;
  mkdirSync(join(packages, ".."), { recursive: true });
  const options = ["-q", "--disable-pip-version-check", "--no-deps", "--target", fetching, "-r", requirements];
  try {
    await run("python3", ["-m", "pip", "install", ...options], { timeout: 300_000 });
    if (!existsSync(packages)) renameSync(fetching, packages);
  } catch (error) {
    throw new Error(`pip could not fetch ${requirements}:\n${(error as { stderr?: string }).stderr ?? ""}`, {
      cause: error,
    });
  } finally {
    rmSync(fetching, { recursive: true, force: true });
  }
}
