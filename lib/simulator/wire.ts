// Requests and answers as they go over the wire, with what faults do to them there.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { refused } from "./answering.ts";
import type { Answer } from "./apis/call.ts";
import { type Fault, withWrongTypes } from "./faults.ts";
import { faultRefusal } from "./refusal.ts";
import type { Route } from "./routes.ts";

const BODY_LIMIT = 1024 * 1024;
/** What clients take of a header, and more. */
const MAX_HEADER = 4_096;

/** The error that a fault orders for this request, if it does. */
export function orderedError(
  route: Route,
  fault: Fault | undefined,
  sent: IncomingHttpHeaders,
  requestId: string,
): Answer | undefined {
  if (fault?.kind !== "status") return undefined;
  const { retryAfter, says } = fault;
  const said = says?.(sent);
  return {
    ...refused(route, faultRefusal(fault.status, said), requestId),
    headers: {
      ...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }),
      ...(said === undefined ? {} : { "X-Request-Id": said.slice(0, MAX_HEADER) }),
    },
  };
}

/** Sends an answer, spoilt on its way where a fault says so. */
export function send(
  response: ServerResponse,
  { status = 200, headers = {}, body }: Answer,
  fault: Fault | undefined,
  requestId: string,
  url: string,
): void {
  if (fault?.kind === "html") {
    response.writeHead(fault.status ?? 200, { "Content-Type": "text/html" });
    response.end("<html><head><title>Please wait</title></head><body><h1>Service portal</h1></body></html>\n");
    return;
  }
  const bytes = Buffer.from(textOf(body, fault, url));
  response.writeHead(fault?.kind === "instead" ? 200 : status, {
    "Content-Type": "application/json",
    "Content-Length": bytes.length,
    "X-Request-Id": requestId,
    ...headers,
  });
  if (fault?.kind !== "cut") return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
}

function textOf(body: unknown, fault: Fault | undefined, url: string): string {
  if (fault?.kind === "wrong-types") return JSON.stringify(withWrongTypes(body, fault.part));
  const sent = fault?.kind === "instead" ? fault.answer(body, url) : body;
  return typeof sent === "string" ? sent : JSON.stringify(sent);
}

/** Undefined when it is too long; rejects when the client goes away. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= BODY_LIMIT) chunks.push(chunk);
  }
  return length <= BODY_LIMIT ? Buffer.concat(chunks).toString("utf8") : undefined;
}
