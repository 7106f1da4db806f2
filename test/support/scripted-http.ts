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
  answer: Scripted | ((sent: Sent) => Exclude<Scripted, string>);
  /** Resolves with the next request, and the end of its connection. */
  asked(): Promise<{ closed: Promise<void> }>;
  close(): Promise<void>;
}

export async function startScripted(answer: ScriptedServer["answer"]): Promise<ScriptedServer> {
  let waiting = Promise.withResolvers<{ closed: Promise<void> }>();
  const { url, close } = await startHttpServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const sent = { method: request.method ?? "", path: request.url ?? "", headers, body };
    server.received.push(sent);
    waiting.resolve({ closed: ended(request.socket) });
    waiting = Promise.withResolvers();
    const scripted = typeof server.answer === "function" ? server.answer(sent) : server.answer;
    if (scripted === "cut") request.socket.destroy();
    else if (scripted !== "silent") response.writeHead(scripted.status, scripted.headers).end(scripted.body);
  });
  const server: ScriptedServer = { url, received: [], answer, asked: () => waiting.promise, close };
  return server;
}

const ends = new WeakMap<Socket, Promise<void>>();

function ended(socket: Socket): Promise<void> {
  const known = ends.get(socket) ?? new Promise((resolve) => socket.on("close", () => resolve()));
  ends.set(socket, known);
  return known;
}
