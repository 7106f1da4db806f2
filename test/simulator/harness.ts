// A running simulator with a clock that only moves when told, and a short way to ask it.

import { onTestFinished } from "vitest";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../lib/simulator/server.ts";

export const T0 = Date.parse("2026-11-20T10:00:00Z");

export interface Harness {
  sim: Simulator;
  clock: { now(): number; sleep(ms: number): Promise<void> };
  /** Moves the clock, ms. */
  pass(ms: number): void;
  /** Asks with a token of the project; `{p}` stands for its id. */
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
}

export interface Reply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  body: any;
}

/** Empty unless a scenario is given; closed when the test ends. */
export async function simulator(options: Partial<SimulatorOptions> = {}): Promise<Harness> {
  let now = T0;
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };
  const sim = await startSimulator({
    scenario: "empty",
    ...options,
    clock,
    credentials: { token: "static-token", ...options.credentials },
  });
  onTestFinished(() => sim.close());
  async function ask(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Reply> {
    const response = await fetch(sim.url + path.replace("{p}", sim.credentials.projectId), {
      method,
      headers: { "X-Auth-Token": "static-token", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
  return {
    sim,
    clock,
    pass(ms) {
      now += ms;
    },
    get: (path, headers = {}) => ask("GET", path, headers),
    post: (path, body, headers = {}) => ask("POST", path, headers, body),
  };
}
