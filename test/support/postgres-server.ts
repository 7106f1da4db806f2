// Runs Debian's PostgreSQL for the tests: in a folder of its own, on loopback, never outliving them.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Client } from "pg";

const VERSIONS = "/usr/lib/postgresql";
/** Durability against a loss of power is no subject of the tests. */
const SETTINGS = ["fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB"];

/** Folder of the newest server's programs; undefined where there is none. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(VERSIONS, newest, "bin");
}

export interface PostgresServer {
  /** Of its superuser, who needs no password. */
  url: string;
  port: number;
  /** Its data, in which also its configuration lies. */
  folder: string;
  start(): Promise<void>;
  /** `immediate`: as if it was killed. */
  stop(how: "fast" | "immediate"): void;
  /** Stopped, and nothing is left of it. */
  remove(): void;
}

/** Made and started. Where this process is root it runs as the user postgres: the server refuses to be root. */
export async function startPostgres(programs: string, settings: readonly string[] = []): Promise<PostgresServer> {
  // Below TMPDIR only root may enter.
  const folder = mkdtempSync("/tmp/lookout-postgres-");
  const user = userOf(folder);
  const run = (name: string, args: string[]) => execFileSync(join(programs, name), args, { ...user, stdio: "pipe" });
  run("initdb", ["-D", folder, "-U", "lookout", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]);
  const port = await freePort();
  const options = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`];
  const args = [...options, ...SETTINGS, ...settings].flatMap((setting) => ["-c", setting]);
  const url = `postgres://lookout@127.0.0.1:${port}/postgres`;

  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const began = performance.now();
    // Its standard input ends with this process, however that dies.
    const script = '"$@" & cat > /dev/null; kill -QUIT $!; wait';
    const command = [join(programs, "postgres"), "-D", folder, ...args];
    child = spawn("sh", ["-c", script, "sh", ...command], { ...user, stdio: ["pipe", "ignore", "ignore"] });
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    for (;;) {
      const client = new Client(url);
      const failure = await client.connect().then(
        () => client.end(),
        (error: Error) => error,
      );
      if (failure === undefined) return;
      if (performance.now() - began > 30_000) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  function stop(how: "fast" | "immediate"): void {
    try {
      run("pg_ctl", ["stop", "-D", folder, "-m", how, "-w"]);
      child?.stdin?.destroy();
    } catch {
      // It is stopped already.
    }
  }
  await start();
  return {
    url,
    port,
    folder,
    start,
    stop,
    remove() {
      stop("immediate");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function userOf(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (option: string) => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
  const [uid, gid] = [id("-u"), id("-g")];
  chownSync(folder, uid, gid);
  chmodSync(folder, 0o700);
  return { uid, gid };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
