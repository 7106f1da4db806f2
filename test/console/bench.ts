// The console over the application's bench: asked without a network, as the server's own code is.

import type { Console } from "../../lib/console/deps.ts";
import { createNoise } from "../../lib/console/noise.ts";
import { watchAlerts } from "../../lib/console/open-alerts.ts";
import { consoleServer } from "../../lib/console/server.ts";
import { type Bench, type BenchOptions, bench } from "../app/support.ts";

export const TOKEN = "a-token-that-nobody-guesses";
export const HOME = "http://127.0.0.1:8791";

export interface ConsoleBench extends Bench {
  /** From this machine, unless `headers` say otherwise. */
  ask(
    path: string,
    request?: { method?: string; headers?: Record<string, string>; body?: unknown; form?: Record<string, string> },
  ): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: every path has its own
  json: any;
}

export async function consoleBench(
  options: BenchOptions,
  { token, ...own }: Partial<Omit<Console, "token">> & { token?: string } = {},
): Promise<ConsoleBench> {
  const made = await bench(options);
  const current = () => made.app;
  const alerts = watchAlerts(current, made.app.clock);
  const server = consoleServer({
    current,
    token: async () => token,
    publicUrl: undefined,
    locate: () => null,
    alerts,
    noise: createNoise(current, alerts),
    clock: made.app.clock,
    signal: new AbortController().signal,
    ...own,
  });
  return Object.assign(made, {
    async ask(path, { method = "GET", headers = {}, body, form } = {}) {
      const content = form
        ? new URLSearchParams(form).toString()
        : body === undefined
          ? undefined
          : JSON.stringify(body);
      const type = form ? "application/x-www-form-urlencoded" : "application/json";
      const own = { host: "127.0.0.1:8791", ...(content === undefined ? {} : { "content-type": type }), ...headers };
      const init = { method, headers: own, ...(content === undefined ? {} : { body: content }) };
      const answer = await server.request(`${HOME}${path}`, init);
      const text = await answer.text();
      const isJson = text !== "" && answer.headers.get("content-type")?.includes("json") === true;
      return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
    },
  } satisfies Pick<ConsoleBench, "ask">);
}
