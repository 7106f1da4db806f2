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

export interface Page {
  /** `http://127.0.0.1:8791` */
  url: string;
  /** After a reload: answers come from this one, and its token and address hold. */
  use(app: App, places: Places): Promise<void>;
  close(): Promise<void>;
}

/** Undefined where neither the configuration nor the command line asks for it. */
export async function openPage(
  first: Pick<Opened, "app" | "places">,
  { console: asked }: { console?: string | boolean | undefined },
  signal: AbortSignal,
): Promise<Page | undefined> {
  const { app, places } = first;
  const configured = app.config.console;
  if (asked === undefined && configured === undefined) return undefined;
  const listen = typeof asked === "string" ? asked : (configured?.listen ?? LISTEN);
  const token = await app.ackSecret();
  refuseOpen(listen, token);
  // Loaded only where it is served.
  const [{ consoleServer }, { listenOn }, { watchAlerts }, { createNoise }] = await Promise.all([
    import("../console/server.ts"),
    import("../console/listen.ts"),
    import("../console/open-alerts.ts"),
    import("../console/noise.ts"),
  ]);
  const now = { app, places, token, publicUrl: configured?.publicUrl };
  const current = () => now.app;
  const alerts = watchAlerts(current, wallClock);
  const server = consoleServer({
    current,
    get token() {
      return now.token;
    },
    get publicUrl() {
      return now.publicUrl;
    },
    locate: (place) => placeIn(now.places, place),
    alerts,
    noise: createNoise(current, alerts),
    clock: wallClock,
    signal,
  });
  try {
    const { url, close } = await listenOn(server, listen);
    return {
      url,
      close,
      async use(newer, newerPlaces) {
        const newToken = await newer.ackSecret().catch(() => undefined);
        now.app = newer;
        now.places = newerPlaces;
        now.publicUrl = newer.config.console?.publicUrl;
        // Without one that is known, the one that holds stays where others may reach the page, or one is configured.
        const isOpen = newer.config.console?.token === undefined && isOwn(listen);
        if (newToken !== undefined || isOpen) now.token = newToken;
      },
    };
  } catch (error) {
    if (!(error instanceof CannotListen)) throw error;
    if (typeof asked === "string") throw new UsageError(error.message);
    const place = ["console", "listen"];
    throw new ConfigError([findingAt(places.locate(["console"]), place, error.message)]);
  }
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
