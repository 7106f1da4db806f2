// Fetches Amazon's DynamoDB Local once with Maven and runs it for the tests: in memory, on
// loopback, never outliving them.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const POM = join(import.meta.dirname, "dynamodb-local.pom.xml");
const LAUNCHER = join(import.meta.dirname, "DynamoDbLocal.java");
const CACHE = join(import.meta.dirname, "../../node_modules/.cache/dynamodb-local");
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
const JAVA = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/** Whether this machine can run it: a JDK of 17 or newer, and Maven unless the jars have been fetched already. */
export async function canRunDynamoDb(): Promise<boolean> {
  try {
    const { stdout } = await run("javac", ["-version"]);
    if (Number(/javac (\d+)/.exec(stdout)?.[1]) < 17) return false;
    if (!existsSync(jars())) await run("mvn", ["-version"]);
    return true;
  } catch {
    return false;
  }
}

/** Starts the server. Throws with its output when it does not come up. */
export async function startDynamoDb(): Promise<{ endpoint: string; stop(): void }> {
  if (!existsSync(jars())) await fetchJars();
  const child = spawn("java", [...JAVA, "-cp", join(jars(), "*"), LAUNCHER], { stdio: ["pipe", "pipe", "pipe"] });
  // Its standard input ends with this process, however that dies; `stop` ends it earlier.
  const stop = () => child.stdin.destroy();
  let errors = "";
  child.stderr.on("data", (text) => {
    errors = (errors + text).slice(-4_000);
  });
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("port ")) resolve(line.slice(5));
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`DynamoDB Local did not start (exit code ${code}):\n${errors}`)));
  });
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as { unref(): void }).unref();
  return { endpoint: `http://127.0.0.1:${port}`, stop };
}

/** One folder per content of the pom, so that a new version is fetched anew. */
function jars(): string {
  return join(CACHE, createHash("sha256").update(readFileSync(POM)).digest("hex").slice(0, 12));
}

/** The folder appears complete or not at all: an interrupted or concurrent fetch leaves nothing half done. */
async function fetchJars(): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const fetching = `${jars()}.${process.pid}`;
  const options = ["-q", "-B", "-f", POM, COPY, `-DoutputDirectory=${fetching}`, "-DincludeScope=runtime"];
  try {
    await run("mvn", options, { timeout: 300_000 });
    if (!existsSync(jars())) renameSync(fetching, jars());
  } catch (error) {
    throw new Error(`Maven could not fetch DynamoDB Local:\n${(error as { stdout?: string }).stdout ?? ""}`, {
      cause: error,
    });
  } finally {
    rmSync(fetching, { recursive: true, force: true });
  }
}
