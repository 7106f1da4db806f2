// Behind a URL of its own, where LOOKOUT_CONSOLE switches it on: the page for people, and the same as JSON.
import { answerRequest, UrlRequest } from "../lib/aws/console.ts";
import { lambda } from "../lib/aws/middleware.ts";

export const handler = lambda({
  input: UrlRequest,
  reserve: 5_000,
  run: answerRequest,
  // Pages are not for logs.
  logged: (answer) => ({ status: (answer as { statusCode?: number }).statusCode }),
});
