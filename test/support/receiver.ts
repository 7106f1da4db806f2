// An HTTP server on a loopback port of its own that takes what it is sent, for tests and benchmarks.
import { type HttpServer, startHttpServer } from "./http-server.ts";

export interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** `take` is given each request once it is whole; without an answer of its own it is 204. */
export function startReceiver(take: (sent: Sent) => Answer | undefined | Promise<Answer>): Promise<HttpServer> {
  return startHttpServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const answer = await take({ method: request.method ?? "", path: request.url ?? "", headers, body });
    response.writeHead(answer?.status ?? 204, answer?.headers).end(answer?.body);
  });
}
