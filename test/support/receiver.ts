// An HTTP server on a loopback port of its own that takes what it is sent, for tests and benchmarks.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

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

export interface Receiver {
  /** Without a path. */
  url: string;
  close(): Promise<void>;
}

/** `take` is given each request once it is whole; without an answer of its own it is 204. */
export async function startReceiver(take: (sent: Sent) => Answer | undefined): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const answer = take({ method: request.method ?? "", path: request.url ?? "", headers, body });
    response.writeHead(answer?.status ?? 204, answer?.headers).end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
