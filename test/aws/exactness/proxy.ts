// Stands between each container and AWS: it knows whose call it is, and so it can stop a container at any of its calls,
// before the call takes effect or while its answer is on its way.
import { startHttpServer } from "../../support/http-server.ts";

/** What happens to a container at one of its calls. */
export interface Trap {
  /** A call of AWS, or whatever comes to the receiver or the cloud while the container is at work. */
  at: "aws" | "outside";
  /** How many calls are let through before. */
  after: number;
  /** The call takes effect, and its answer is on its way. */
  answered: boolean;
  /** Stops the container; resolves once it goes on, to false where it never does. */
  spring(): Promise<boolean>;
}

export interface Gateway {
  /** The address of AWS for one container, by the names of `targets`. */
  urlOf(container: number, target: string): string;
  traps: Map<number, Trap>;
  /** Something came to the receiver or the cloud: the trap that springs now, if any. */
  outside(): Trap | undefined;
  close(): Promise<void>;
}

const OWN = new Set(["host", "connection", "content-length", "transfer-encoding", "content-encoding", "keep-alive"]);

/** `targets`: addresses by name. */
export async function startProxy(targets: Readonly<Record<string, string>>): Promise<Gateway> {
  const traps = new Map<number, Trap>();

  function sprung(container: number, at: Trap["at"]): Trap | undefined {
    const trap = traps.get(container);
    if (trap === undefined || trap.at !== at || trap.after-- > 0) return undefined;
    traps.delete(container);
    return trap;
  }

  const { url, close } = await startHttpServer(async (request, response) => {
    const [, container = "", target = "", ...rest] = (request.url ?? "").split("/");
    const body = Buffer.concat(await request.toArray());
    const headers = others(Object.entries(request.headers) as [string, string][]);
    const forward = async () => {
      const method = request.method ?? "POST";
      const answer = await fetch(`${targets[target]}/${rest.join("/")}`, { method, headers, body });
      return { answer, text: Buffer.from(await answer.arrayBuffer()) };
    };
    const trap = sprung(Number(container), "aws");
    if (trap && !trap.answered && !(await trap.spring())) return void request.socket.destroy();
    try {
      const { answer, text } = await forward();
      if (trap?.answered) void trap.spring();
      response.writeHead(answer.status, others([...answer.headers])).end(text);
    } catch {
      // AWS is closed already.
      request.socket.destroy();
    }
  });
  return {
    urlOf: (container, target) => `${url}/${container}/${target}`,
    traps,
    outside() {
      for (const container of traps.keys()) {
        const trap = sprung(container, "outside");
        if (trap) return trap;
      }
      return undefined;
    },
    close,
  };
}

function others(headers: readonly [string, string][]): Record<string, string> {
  return Object.fromEntries(headers.filter(([name]) => !OWN.has(name.toLowerCase())));
}
