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
  /** After a reload: answers come from this one. */
  use(app: App, places: Places): void;
  close(): Promise<void>;
}

/** Undefined where neither the configuration nor the command line asks for it. */
export async function openPage(
  first: Pick<Opened, "app" | "places" | "secrets">,
  { console: asked }: { console?: string | boolean | undefined },
  signal: AbortSignal,
): Promise<Page | undefined> {
  const { app, places, secrets } = first;
  const configured = app.config.console;
  if (asked === undefined && configured === undefined) return undefined;
  const listen = typeof asked === "string" ? asked : (configured?.listen ?? LISTEN);
  const token = configured?.token === undefined ? undefined : await secrets.resolve(configured.token);
  refuseOpen(listen, token);
  // Loaded only where it is served.
  const [{ consoleServer }, { listenOn }, { watchAlerts }] = await Promise.all([
    import("../console/server.ts"),
    import("../console/listen.ts"),
    import("../console/open-alerts.ts"),
  ]);
  const now = { app, places };
  const current = () => now.app;
  const server = consoleServer({
    current,
    token,
    publicUrl: configured?.publicUrl,
    locate: (place) => placeIn(now.places, place),
    alerts: watchAlerts(current, wallClock),
    clock: wallClock,
    signal,
  });
  try {
    const { url, close } = await listenOn(server, listen);
    return {
      url,
      close,
      use(newer, newerPlaces) {
        now.app = newer;
        now.places = newerPlaces;
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
  if (token !== undefined || /^(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/.test(listen)) return;
  throw new UsageError(
    `--console ${listen}: without a token (console.token) it listens on this machine only, as on ${LISTEN}`,
  );
}

/** A file below the folder that the process runs in by its path from there. */
function placeIn(places: Places, place: Place): string | null {
  if (!places.has(place) && place[0] !== "rules") return null;
  const location = places.locate(place);
  const near = relative(".", location.file);
  return formatLocation({ ...location, file: near.startsWith("..") ? location.file : near });
}
