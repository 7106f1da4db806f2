// Serves the console beside what runs: on the address of the configuration or of the command line.
import { relative } from "node:path";
import { wallClock } from "../app/clock.ts";
import type { App } from "../app/deps.ts";
import { ConfigError, findingAt, formatLocation } from "../config/document/finding.ts";
import type { Places } from "../config/load/load.ts";
import { CannotListen } from "../console/listen.ts";
import type { Place } from "../model/place.ts";
import { UsageError } from "./io.ts";
import type { Opened } from "./open.ts";

export const LISTEN = "127.0.0.1:8791";

/** How long a token is good without a look at what its reference holds; ms. */
const TOKEN_MS = 1_000;

export interface Page {
  /** `http://127.0.0.1:8791` */
  url(): string;
  /**
   * After a reload: answers come from this one, and its token and addresses hold. Where it cannot listen on another
   * address, it goes on where it is.
   */
  use(app: App, places: Places): Promise<void>;
  close(): Promise<void>;
}

type First = Pick<Opened, "app" | "places">;

/** Undefined where neither the configuration nor the command line asks for it. */
export async function openPage(
  first: First,
  { console: asked }: { console?: string | boolean | undefined },
  signal: AbortSignal,
): Promise<Page | undefined> {
  const listenOf = ({ config }: App) => (typeof asked === "string" ? asked : (config.console?.listen ?? LISTEN));
  if (asked === undefined && first.app.config.console === undefined) return undefined;
  const now = { ...first, listen: listenOf(first.app), token: await first.app.ackSecret(), tokenAt: wallClock.now() };
  refuseOpen(now.listen, now.token);
  // Loaded only where it is served.
  const [{ consoleServer }, { listenOn }, { watchAlerts }, { createNoise }] = await Promise.all([
    import("../console/server.ts"),
    import("../console/listen.ts"),
    import("../console/open-alerts.ts"),
    import("../console/noise.ts"),
  ]);
  const current = () => now.app;
  const alerts = watchAlerts(current, wallClock);
  const server = consoleServer({
    current,
    async token() {
      if (Math.abs(wallClock.now() - now.tokenAt) >= TOKEN_MS) await learnToken(now);
      return now.token;
    },
    get publicUrl() {
      return now.app.config.console?.publicUrl;
    },
    locate: (place) => placeIn(now.places, place),
    alerts,
    noise: createNoise(current, alerts),
    clock: wallClock,
    signal,
  });
  let listening = await listenOn(server, now.listen).catch((error) => {
    if (!(error instanceof CannotListen)) throw error;
    if (typeof asked === "string") throw new UsageError(error.message);
    const place = ["console", "listen"];
    throw new ConfigError([findingAt(first.places.locate(["console"]), place, error.message)]);
  });
  return {
    url: () => listening.url,
    close: () => listening.close(),
    async use(app, places) {
      Object.assign(now, { app, places });
      await learnToken(now);
      const listen = listenOf(app);
      if (listen === now.listen) return;
      try {
        refuseOpen(listen, now.token);
        const before = listening;
        listening = await listenOn(server, listen);
        now.listen = listen;
        await learnToken(now);
        await before.close();
        app.log.info("the console is served", { at: listening.url });
      } catch (error) {
        app.log.error("the console stays where it is", { at: listening.url, error: (error as Error).message });
      }
    },
  };
}

/**
 * What the reference to the token holds now: a file may have another. Without one that is known, the one that holds
 * stays where others may reach the page, or one is configured.
 */
async function learnToken(now: { app: App; listen: string; token: string | undefined; tokenAt: number }) {
  now.tokenAt = wallClock.now();
  const newer = await now.app.ackSecret().catch(() => undefined);
  const isOpen = now.app.config.console?.token === undefined && isOwn(now.listen);
  if (newer !== undefined || isOpen) now.token = newer;
}

/** Whoever reaches it may act. */
function refuseOpen(listen: string, token: string | undefined): void {
  if (token !== undefined || isOwn(listen)) return;
  throw new UsageError(
    `--console ${listen}: without a token (console.token) it listens on this machine only, as on ${LISTEN}`,
  );
}

function isOwn(listen: string): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/.test(listen);
}

/** A file below the folder that the process runs in by its path from there. */
function placeIn(places: Places, place: Place): string | null {
  if (!places.has(place) && place[0] !== "rules") return null;
  const location = places.locate(place);
  const near = relative(".", location.file);
  return formatLocation({ ...location, file: near.startsWith("..") ? location.file : near });
}
