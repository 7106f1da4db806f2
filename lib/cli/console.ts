// Serves the console beside what runs: on the address of the configuration or of the command line.
import { relative } from "node:path";
import type { Hono } from "hono";
import { wallClock } from "../app/clock.ts";
import type { App } from "../app/deps.ts";
import type { Problem } from "../app/health/problem.ts";
import { ConfigError, findingAt, formatLocation } from "../config/document/finding.ts";
import type { Places } from "../config/load/load.ts";
import { SecretError } from "../config/secrets/values.ts";
import { CannotListen, type Listening, listenOn } from "../console/listen.ts";
import { isOwnAddress, listenAddress } from "../model/files/listen-address.ts";
import type { Place } from "../model/place.ts";
import { UsageError } from "./io.ts";
import type { Opened } from "./open.ts";

export const LISTEN = "127.0.0.1:8791";

/** How long a token is good without a look at what its reference holds; ms. */
const TOKEN_MS = 1_000;

/** A page that is asked for and cannot be served is tried again after so long; ms. */
const RETRY_MS = 5_000;

export interface Page {
  /** `http://127.0.0.1:8791`; undefined where it is not served. */
  url(): string | undefined;
  /** What keeps it from where it should be. */
  problems(): readonly Problem[];
  /**
   * After a reload: answers come from this one, its token and addresses hold, and it is served where it is asked for.
   * Where it cannot listen on another address, it goes on where it is. Never throws.
   */
  use(app: App, places: Places): Promise<void>;
  close(): Promise<void>;
}

type First = Pick<Opened, "app" | "places">;

/** What holds now. */
interface Now extends First {
  token: string | undefined;
  tokenAt: number;
  listening: (Listening & { on: string }) | undefined;
}

/**
 * Serves it where the configuration or the command line asks for it. Throws UsageError and ConfigError where that
 * cannot be.
 */
export async function openPage(
  first: First,
  { console: asked }: { console?: string | boolean | undefined },
  signal: AbortSignal,
): Promise<Page> {
  const now: Now = { ...first, token: undefined, tokenAt: Number.NEGATIVE_INFINITY, listening: undefined };
  const server = lazyServer(now, signal);
  let turns = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;
  let trouble: Error | undefined;

  /** One after another: a retry falls between nothing. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turns = turns.then(work);
    return turns;
  };
  /** Where it cannot be served as it should be, that is logged once. */
  const settle = async () => {
    clearTimeout(retry);
    try {
      await learnToken(now);
      await moveTo(now, wantedOf(now, asked), server);
      trouble = undefined;
    } catch (error) {
      const before = trouble?.message;
      trouble = error as Error;
      if (trouble.message !== before) now.app.log.error(stateOf(now), { error: trouble.message });
      if (now.listening === undefined) retry = setTimeout(() => void inTurn(tryAgain), RETRY_MS).unref();
    }
  };
  const tryAgain = async () => {
    await settle();
    if (now.listening !== undefined) now.app.log.info("the console is served", { at: now.listening.url });
  };

  try {
    await moveTo(now, wantedOf(now, asked), server);
  } catch (error) {
    throw atStart(error, first.places, asked);
  }
  return {
    url: () => now.listening?.url,
    problems: () => (trouble === undefined || trouble instanceof SecretError ? [] : [problemOf(now, trouble)]),
    use(app, places) {
      return inTurn(async () => {
        Object.assign(now, { app, places });
        await settle();
      });
    },
    close() {
      return inTurn(async () => {
        clearTimeout(retry);
        await leave(now);
      });
    },
  };
}

/** Where it should listen; undefined: nobody asks for it. */
function wantedOf({ app: { config } }: Now, asked: string | boolean | undefined): string | undefined {
  if (typeof asked === "string") return asked;
  return config.console?.listen ?? (asked ? LISTEN : undefined);
}

/** Made, and loaded, only where it is served. */
function lazyServer(now: Now, signal: AbortSignal): () => Promise<Hono> {
  const make = async () => {
    const [{ consoleServer }, { watchAlerts }, { createNoise }] = await Promise.all([
      import("../console/server.ts"),
      import("../console/open-alerts.ts"),
      import("../console/noise.ts"),
    ]);
    const current = () => now.app;
    const alerts = watchAlerts(current, wallClock);
    return consoleServer({
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
  };
  let made: Promise<Hono> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Listens there and nowhere else. Throws where that cannot be: then it stays where it is. */
async function moveTo(now: Now, wanted: string | undefined, server: () => Promise<Hono>): Promise<void> {
  const before = now.listening;
  if (wanted === undefined) {
    if (before !== undefined) now.app.log.info("the console is not served any more", { at: before.url });
    await leave(now);
    // Nobody is let in by the token of a page that was closed.
    now.token = undefined;
    return;
  }
  if (wanted === before?.on) return;
  // Without the token that is named, it would be open there.
  now.token ??= await now.app.ackSecret();
  refuseOpen(wanted, now.token);
  const listen = async (on: string) => ({ ...(await listenOn(await server(), on)), on });
  // One port takes one of them at a time, whatever they are called.
  const isInTheWay = before !== undefined && Number(new URL(before.url).port || 80) === listenAddress(wanted)?.port;
  if (isInTheWay) await leave(now);
  let listening: Now["listening"];
  try {
    listening = await listen(wanted);
  } catch (error) {
    if (isInTheWay) now.listening = await listen(before.on);
    throw error;
  }
  // The token that holds goes only with the address that needs it.
  if (!isInTheWay) await before?.close();
  now.listening = listening;
  await learnToken(now);
}

async function leave(now: Now): Promise<void> {
  const before = now.listening;
  now.listening = undefined;
  await before?.close();
}

/**
 * What the reference to the token holds now: a file may have another. Without one that is known, the one that holds
 * stays where others may reach the page, or one is configured.
 */
async function learnToken(now: Now): Promise<void> {
  now.tokenAt = wallClock.now();
  const newer = await now.app.ackSecret().catch(() => undefined);
  const isOpen =
    now.app.config.console?.token === undefined && (now.listening === undefined || isOwnAddress(now.listening.on));
  if (newer !== undefined || isOpen) now.token = newer;
}

/** Whoever reaches it may act. */
function refuseOpen(listen: string, token: string | undefined): void {
  if (token !== undefined || isOwnAddress(listen)) return;
  throw new UsageError(
    `--console ${listen}: without a token (console.token) it listens on this machine only, as on ${LISTEN}`,
  );
}

/** What keeps it from being served, as a finding where the configuration says so. */
function atStart(error: unknown, places: Places, asked: string | boolean | undefined): unknown {
  const at = (key: string, { message }: Error) => {
    const place = ["console", key];
    return new ConfigError([findingAt(places.locate(place), place, message)]);
  };
  if (error instanceof SecretError) return at("token", error);
  if (!(error instanceof CannotListen)) return error;
  return typeof asked === "string" ? new UsageError(error.message) : at("listen", error);
}

function stateOf({ listening }: Now): string {
  return listening === undefined ? "the console is not served" : `the console stays at ${listening.url}`;
}

function problemOf(now: Now, { message }: Error): Problem {
  const text = `${stateOf(now).replace("the", "The")}: ${message}`;
  return { problem: "configuration refused", name: "console", message: text, connection: null };
}

/** A file below the folder that the process runs in by its path from there. */
function placeIn(places: Places, place: Place): string | null {
  if (!places.has(place) && place[0] !== "rules") return null;
  const location = places.locate(place);
  const near = relative(".", location.file);
  return formatLocation({ ...location, file: near.startsWith("..") ? location.file : near });
}
