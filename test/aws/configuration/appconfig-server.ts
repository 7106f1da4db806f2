// AppConfig's data API for tests: sessions, tokens that count once, an empty answer where nothing has changed, and
// whatever version the script serves to a session.
import type { ServerResponse } from "node:http";
import { startHttpServer } from "../../support/http-server.ts";

export interface AppConfigServer {
  url: string;
  /** Which version a session, counted from 1, is served now. */
  serve: (session: number) => string;
  /** The text of each version, which is its label too. */
  versions: Record<string, string>;
  /** How many sessions were started, and what was answered, each as `SESSION VERSION` or `SESSION refused`. */
  sessions: number;
  answers: string[];
  /** The next answer is lost on its way. */
  loseNext(): void;
  close(): Promise<void>;
}

export async function startAppConfig(): Promise<AppConfigServer> {
  /** Of each session, the token that counts now, and what it was served last. */
  const known = new Map<number, { token: string; version: string | undefined }>();
  let tokens = 0;
  let lost = false;
  const nextToken = (session: number) => `${session}.${++tokens}`;

  function json(response: ServerResponse, status: number, body: object, headers = {}): void {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  }

  function start(response: ServerResponse): void {
    const session = ++server.sessions;
    const token = nextToken(session);
    known.set(session, { token, version: undefined });
    json(response, 201, { InitialConfigurationToken: token });
  }

  function latest(token: string, response: ServerResponse): void {
    const session = Number.parseInt(token, 10);
    const state = known.get(session);
    if (state?.token !== token) {
      server.answers.push(`${session} refused`);
      const message = "The token is not valid any more";
      json(response, 400, { message }, { "x-amzn-errortype": "BadRequestException" });
      return;
    }
    const version = server.serve(session);
    const text = state.version === version ? "" : server.versions[version]!;
    known.set(session, { token: nextToken(session), version });
    if (lost) {
      lost = false;
      response.destroy();
      return;
    }
    server.answers.push(`${session} ${text === "" ? "unchanged" : version}`);
    const headers = {
      "next-poll-configuration-token": known.get(session)!.token,
      "next-poll-interval-in-seconds": "60",
      "content-type": "application/x-yaml",
      ...(text === "" ? {} : { "version-label": version }),
    };
    response.writeHead(200, headers).end(text);
  }

  const { url, close } = await startHttpServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    request.resume();
    if (pathname === "/configurationsessions") start(response);
    else latest(searchParams.get("configuration_token") ?? "", response);
  });
  const server: AppConfigServer = {
    url,
    serve: () => "v1",
    versions: {},
    sessions: 0,
    answers: [],
    loseNext() {
      lost = true;
    },
    close,
  };
  return server;
}
