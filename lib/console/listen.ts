// Listens for the console's readers.
import { serve } from "@hono/node-server";
import type { Hono } from "hono";

export interface Listening {
  /** `http://127.0.0.1:8791` */
  url: string;
  close(): Promise<void>;
}

/** Where nothing may listen; the message says what to do. */
export class CannotListen extends Error {
  override name = "CannotListen";
}

/** `listen`: address and port, `127.0.0.1:8791`, `[::1]:8791` or `0.0.0.0:80`; port 0 is a free one. */
export async function listenOn(app: Hono, listen: string): Promise<Listening> {
  const { hostname, port } = placeOf(listen);
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

function placeOf(listen: string): { hostname: string; port: number } {
  const url = new URL(`http://${listen}`);
  return { hostname: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? 80 : Number(url.port) };
}
