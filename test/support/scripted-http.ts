// An HTTP server on a loopback port of its own whose answers a test writes down: a status and a body, or a fault.
import type { Socket } from "node:net";
import { startHttpServer } from "./http-server.ts";
import type { Sent } from "./receiver.ts";

/** What is answered: `cut` ends the connection instead, `silent` never answers. */
export type Scripted = { status: number; body?: string; headers?: Record<string, string> } | "cut" | "silent";

export interface ScriptedServer {
  url: string;
  /** Requests in order. */
  received: Sent[];
  answer: Scripted;
  /** Resolves with the next request, and the end of its connection. */
  asked(): Promise<{ closed: Promise<void> }>;
  close(): Promise<void>;
}

export async function startScripted(answer: Scripted): Promise<ScriptedServer> {
  let waiting = Promise.withResolvers<{ closed: Promise<void> }>();
  const { url, close } = await startHttpServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    server.received.push({ method: request.method ?? "", path: request.url ?? "", headers, body });
    waiting.resolve({ closed: ended(request.socket) });
    waiting = Promise.withResolvers();
    if (server.answer === "cut") request.socket.destroy();
    else if (server.answer !== "silent") {
      response.writeHead(server.answer.status, server.answer.headers).end(server.answer.body);
    }
  });
  const server: ScriptedServer = { url, received: [], answer, asked: () => waiting.promise, close };
  return server;
}

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on("close", () => resolve()));
}
