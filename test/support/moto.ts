// AWS for tests: fetches moto once with pip and runs its server on loopback, never outliving the tests.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const REQUIREMENTS = join(import.meta.dirname, "moto-requirements.txt");
const SERVER = join(import.meta.dirname, "moto_server.py");
const CACHE = join(import.meta.dirname, "../../node_modules/.cache/moto");
const IS_NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 10))";
const WANTED = "the tests against EventBridge need Python 3.10 or newer with pip (Debian: python3 python3-pip)";

export interface Moto {
  endpoint: string;
  stop(): void;
}

/** Starts the server; null, said on the console, where this machine cannot run it. Throws there in CI. */
export async function startMoto(): Promise<Moto | null> {
  if (await canRunMoto()) return spawnMoto();
  if (process.env["CI"]) throw new Error(WANTED);
  console.warn(`Skipped: ${WANTED}.`);
  return null;
}

async function canRunMoto(): Promise<boolean> {
  try {
    await run("python3", ["-c", IS_NEW_ENOUGH]);
    if (!existsSync(packages())) await run("python3", ["-m", "pip", "--version"]);
    return true;
  } catch {
    return false;
  }
}

async function spawnMoto(): Promise<Moto> {
  if (!existsSync(packages())) await fetchPackages();
  const env = { ...process.env, PYTHONPATH: packages() };
  const child = spawn("python3", [SERVER], { stdio: ["pipe", "pipe", "pipe"], env });
  let errors = "";
  child.stderr.on("data", (text) => {
    errors = (errors + text).slice(-4_000);
  });
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("port ")) resolve(line.slice(5));
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`moto did not start (exit code ${code}):\n${errors}`)));
  });
  // Its standard input ends with this process, however that dies; `stop` ends it earlier.
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => child.stdin.destroy() };
}

/** One folder per content of the requirements, so that a new version is fetched anew. */
function packages(): string {
  return join(CACHE, createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12));
}

/** The folder appears complete or not at all: an interrupted or concurrent fetch leaves nothing half done. */
async function fetchPackages(): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const fetching = `${packages()}.${process.pid}`;
  const options = ["-q", "--disable-pip-version-check", "--no-deps", "--target", fetching, "-r", REQUIREMENTS];
  try {
    await run("python3", ["-m", "pip", "install", ...options], { timeout: 300_000 });
    if (!existsSync(packages())) renameSync(fetching, packages());
  } catch (error) {
    throw new Error(`pip could not fetch moto:\n${(error as { stderr?: string }).stderr ?? ""}`, { cause: error });
  } finally {
    rmSync(fetching, { recursive: true, force: true });
  }
}
