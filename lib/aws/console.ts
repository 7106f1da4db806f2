// The console behind a function's URL: the same pages and JSON as `lookout run --console` serves, one request at a
// time. Nothing is pushed from there: pages fetch themselves again now and then.
import { type LambdaContext as HonoContext, handle, type LambdaEvent } from "hono/aws-lambda";
import * as z from "zod";
import { wallClock } from "../app/clock.ts";
import type { App } from "../app/deps.ts";
import { createNoise } from "../console/noise.ts";
import { watchAlerts } from "../console/open-alerts.ts";
import { consoleServer } from "../console/server.ts";

/** A request as Lambda hands it over (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html). */
export const UrlRequest = z.looseObject({
  version: z.literal("2.0"),
  rawPath: z.string(),
  requestContext: z.looseObject({
    domainName: z.string(),
    // There only where Lambda has checked the request's signature.
    authorizer: z.looseObject({ iam: z.looseObject({}) }).nullish(),
    http: z.looseObject({ method: z.string(), path: z.string() }),
  }),
});
export type UrlRequest = z.infer<typeof UrlRequest>;

interface Answer {
  statusCode: number;
  headers?: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
}

/** Of the container: what is open is read once for requests that come one after the other. */
interface Serving {
  app: App;
  home: string;
  signed: boolean;
  answer: (event: UrlRequest) => Promise<Answer>;
}
let serving: Serving | undefined;

/** Answers one request. Without a token only those are answered whose signature was checked. */
export async function answerRequest(app: App, event: UrlRequest, signal: AbortSignal): Promise<Answer> {
  const { domainName, authorizer } = event.requestContext;
  const signed = Boolean(authorizer?.iam);
  if (app.config.console?.token === undefined && !signed) {
    const error = "refused: set console.token in lookout.yml, or deploy with LOOKOUT_CONSOLE=iam (docs/aws.md)";
    const headers = { "content-type": "application/json" };
    return { statusCode: 403, headers, body: JSON.stringify({ error }), isBase64Encoded: false };
  }
  const home = `https://${domainName}`;
  const isOurs = serving?.app === app && serving.home === home && serving.signed === signed;
  if (serving === undefined || !isOurs) serving = serve(app, home, signed, signal);
  return serving.answer(event);
}

/** `signed`: Lambda has let its readers through already. */
function serve(app: App, home: string, signed: boolean, signal: AbortSignal): Serving {
  const current = () => app;
  const alerts = watchAlerts(current, wallClock);
  const server = consoleServer({
    current,
    token: signed ? async () => undefined : app.ackSecret,
    gated: signed,
    publicUrl: signed ? home : (app.config.console?.publicUrl ?? home),
    locate: () => null,
    alerts,
    noise: createNoise(current, alerts),
    clock: wallClock,
    signal,
    pushes: false,
  });
  const answered = handle(server);
  return {
    app,
    home,
    signed,
    answer: async (event) =>
      (await answered(event as unknown as LambdaEvent, undefined as unknown as HonoContext)) as Answer,
  };
}
