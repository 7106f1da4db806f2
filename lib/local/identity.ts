// Who a process is to others on the same machine: what a dead one had claimed can be taken over at once.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Identity } from "../app/deps.ts";

const HOST = hostname();

/** This process. An id is `host/pid/random`; one of another machine is never known to be gone. */
export function processIdentity(): Identity {
  const own = `${HOST}/${process.pid}/${randomUUID()}`;
  return {
    id: own,
    isGone(id) {
      const [host, pid] = id.split("/");
      if (host !== HOST || id === own) return false;
      // The same process id, but not this process: whoever had it before is gone.
      return Number(pid) === process.pid || !isAlive(Number(pid));
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
