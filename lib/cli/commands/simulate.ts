// `lookout simulate`: serves the simulated cloud until it is stopped.
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { resolve } from "node:path";
import { wallClock } from "../../app/clock.ts";
import { isBlockedPort } from "../../model/blocked-ports.ts";
import { describeSimulator } from "../../simulator/describe.ts";
import { type Simulator, startSimulator } from "../../simulator/server.ts";
import { DONE, type Io, jsonDocument, UsageError } from "../io.ts";
import { writeNew } from "./init.ts";
import { simulatedText } from "./init-text.ts";

export interface SimulateOptions {
  port: string;
  /** Whether the port was named, or is the default. */
  portGiven: boolean;
  seed: string;
  speed: string;
  json?: boolean;
  /** Where to write a configuration for it. */
  write?: string;
  force?: boolean;
}

export async function simulateCommand(io: Io, options: SimulateOptions): Promise<number> {
  const port = portNumber(options.port);
  const seed = wholeNumber("--seed", options.seed, 2 ** 32 - 1);
  const speed = wholeNumber("--speed", options.speed, 3_600);
  if (speed === 0) throw new UsageError("--speed 0: the day would never begin; expected 1 to 3600");
  const simulator = await startSimulator({ clock: wallClock, port, seed, speed }).catch(
    (error: NodeJS.ErrnoException) => {
      throw portProblem(error, port, options.portGiven) ?? error;
    },
  );
  try {
    if (options.write !== undefined) writeConfig(simulator, options.write, options.force === true);
  } catch (error) {
    await simulator.close();
    throw error;
  }
  if (options.json) jsonDocument(io, { url: simulator.url, credentials: simulator.credentials, seed, speed });
  else io.out(`${describeSimulator(simulator)}\n${written(options.write)}Serving; Ctrl-C stops.\n`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await simulator.close();
  return DONE;
}

/** Beside it stands the secret key, since a configuration holds no secrets, not even public ones. */
function writeConfig(simulator: Simulator, file: string, force: boolean): void {
  const secretFile = resolve(`${file}.secret-key`);
  writeNew(file, simulatedText(simulator, secretFile), force);
  writeNew(secretFile, simulator.credentials.secretKey, true);
  chmodSync(secretFile, 0o600);
}

function written(file: string | undefined): string {
  return file === undefined ? "" : `Wrote ${file}; in another terminal: npx lookout run --config ${file}\n`;
}

export function portNumber(text: string): number {
  const port = wholeNumber("--port", text, 65_535);
  if (port === 0 || !isBlockedPort(port)) return port;
  throw new UsageError(`--port ${port}: nothing is ever sent to this port, as in browsers; choose another`);
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw new UsageError(`${option} ${text}: expected a whole number from 0 to ${most}`);
}

/** Why nothing can listen on the port, and what to do; undefined for any other failure. */
export function portProblem({ code }: NodeJS.ErrnoException, port: number, given: boolean): UsageError | undefined {
  const name = given ? `port ${port}` : `port ${port}, the default,`;
  const hint = "choose another with --port, or let --port 0 take any free one";
  if (code === "EADDRINUSE") return new UsageError(`${name} is in use by another program (${code}); ${hint}`);
  if (code === "EACCES") return new UsageError(`${name} is not open to this user (${code}); ${hint}`);
  return undefined;
}
