// The containers of a deployment: each keeps what it has opened, has one invocation at a time, and can be frozen, thawed
// or killed at any of its calls.
import { type Container, startContainer } from "../fan-stage.ts";
import type { Gateway, Trap } from "./proxy.ts";

const REMAINING = 55_000;

/** Which of the two packages a container runs. */
export type Release = "older" | "newer";

export interface Fault extends Omit<Trap, "spring"> {
  kind: "kill" | "freeze";
}

/** What became of an invocation. `later`: what becomes of it once its container is thawed. */
export type Outcome =
  | { kind: "done"; result: Record<string, unknown> }
  | { kind: "failed"; error: string }
  | { kind: "frozen"; container: Frozen; later: Promise<Outcome> };

export interface Frozen {
  thaw(): void;
  kill(): void;
}

export interface Containers {
  /** Calls a function in a container of its own, which the next call finds again. */
  invoke(name: string, event: unknown, release: Release, fault?: Fault): Promise<Outcome>;
  /** The invocations that a process died under, or that were frozen. */
  struck: { kill: number; freeze: number };
  /** Ends all of them, also those that are frozen. */
  close(): void;
}

interface Held {
  container: Container;
  number: number;
  release: Release;
  gone: boolean;
}

export interface ContainersOptions {
  gateway: Gateway;
  fileOf(name: string): string;
  /** What the container of this number gets. */
  envOf(number: number, release: Release): Record<string, string>;
  /** Where they run. */
  cwd: string;
  log(line: Record<string, unknown>): void;
}

export function createContainers({ gateway, fileOf, envOf, cwd, log }: ContainersOptions): Containers {
  const struck = { kill: 0, freeze: 0 };
  const pool: Held[] = [];

  function start(name: string, release: Release): Held {
    const number = pool.length + 1;
    const said = (line: Record<string, unknown>) => log({ ...line, container: `${name} ${number} ${release}` });
    const container = startContainer(name, fileOf(name), envOf(number, release), said, cwd);
    const held = { container, number, release, gone: false };
    pool.push(held);
    return held;
  }

  /** Resolves once the fault has struck, where it is one that leaves the invocation hanging. */
  function arm(held: Held, { kind, ...where }: Fault): Promise<Frozen> {
    const { promise: frozen, resolve: froze } = Promise.withResolvers<Frozen>();
    const { promise: gone, resolve: goes } = Promise.withResolvers<boolean>();
    const { child } = held.container;
    const kill = () => {
      held.gone = true;
      child.kill("SIGKILL");
      goes(false);
    };
    async function spring(): Promise<boolean> {
      struck[kind]++;
      if (kind === "kill") {
        kill();
        return false;
      }
      child.kill("SIGSTOP");
      held.gone = true;
      froze({
        kill,
        thaw() {
          child.kill("SIGCONT");
          goes(true);
        },
      });
      return gone;
    }
    gateway.traps.set(held.number, { ...where, spring });
    return frozen;
  }

  return {
    struck,
    async invoke(name, event, release, fault) {
      const free = pool.find((one) => {
        return one.container.name === name && one.release === release && !one.container.busy && !one.gone;
      });
      const held = free ?? start(name, release);
      const frozen = fault && arm(held, fault);
      const later = held.container.ask({ event, remaining: REMAINING, ahead: 0 }).then(outcomeOf, (error: Error) => {
        held.gone = true;
        return { kind: "failed", error: error.message } as const;
      });
      if (frozen === undefined) return later;
      const first = await Promise.race([later, frozen]);
      gateway.traps.delete(held.number);
      return "kind" in first ? first : { kind: "frozen", container: first, later };
    },
    close() {
      for (const { container } of pool) container.child.kill("SIGKILL");
    },
  };
}

function outcomeOf(answer: { result: unknown } | { error: string }): Outcome {
  if ("error" in answer) return { kind: "failed", error: answer.error };
  return { kind: "done", result: (answer.result ?? {}) as Record<string, unknown> };
}
