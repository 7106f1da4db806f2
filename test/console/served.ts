// The console over the application's bench, on a port of its own and by the machine's clock: for browsers and whoever
// else asks over the network.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { onTestFinished } from "vitest";
import { wallClock } from "../../lib/app/clock.ts";
import { listenOn } from "../../lib/console/listen.ts";
import { createNoise } from "../../lib/console/noise.ts";
import { watchAlerts } from "../../lib/console/open-alerts.ts";
import { consoleServer } from "../../lib/console/server.ts";
import { type Bench, type BenchOptions, bench } from "../app/support.ts";

export async function served({
  pushes = true,
  token,
  ...options
}: BenchOptions & { pushes?: boolean; token?: string }): Promise<Bench & { url: string }> {
  const made = await bench(options);
  const over = new AbortController();
  const current = () => made.app;
  const alerts = watchAlerts(current, wallClock);
  const server = consoleServer({
    current,
    token: async () => token,
    publicUrl: undefined,
    locate: () => null,
    alerts,
    noise: createNoise(current, alerts),
    clock: wallClock,
    signal: over.signal,
    pushes,
  });
  const { url, close } = await listenOn(server, "127.0.0.1:0");
  onTestFinished(async () => {
    over.abort();
    await close();
  });
  return Object.assign(made, { url });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
