// Listens for the console's readers.
import { serve } from "@hono/node-server";
import type { Hono } from "hono";
import { listenAddress } from "../model/files/listen-address.ts";

export interface Listening {
  /** `http://127.0.0.1:8791` */
  url: string;
  close(): Promise<void>;
}

/** Where nothing may listen; the message says what to do. */
export class CannotListen extends Error {
  override name = "CannotListen";
}

/** `listen`: as `listenAddress` takes it. */
export async function listenOn(app: Hono, listen: string): Promise<Listening> {
  const { hostname, port } = listenAddress(listen)!;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, hostname, port }, (info) => resolve(info.port));
  server.on("error", ({ message, code }: NodeJS.ErrnoException) => {
    const hint = code === "EADDRINUSE" ? "another process listens there: name another port" : message;
    reject(new CannotListen(`the console cannot listen on ${listen}: ${hint}`));
  });
  const bound = await promise;
  return {
    url: `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${bound}`,
    async close() {
      if ("closeAllConnections" in server) server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
