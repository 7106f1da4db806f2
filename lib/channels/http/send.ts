// The only place of the channels that touches the network: one request, one answer, no redirects; no error names more
// of the address than its host, and the answer's body repeats no secret of the request.
import { webAddress } from "../message/link.ts";
import type { HttpRequest, HttpResponse } from "../port.ts";
import { network } from "./exchange.ts";
import { withoutEchoes } from "./redact.ts";

/** Bytes of the answer's body that are read. */
const BODY_LIMIT = 65_536;

/**
 * No answer came: worth another try. The message is for people and holds no secret; there is no `cause`, which could.
 */
export class SendError extends Error {
  override name = "SendError";
  /** The system's word for it, such as ECONNREFUSED. */
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Sends one attempt and reads at most 64 KB of the answer, within `timeoutMs` altogether. Throws SendError when no
 * complete answer came, and the reason of `signal` when that was aborted.
 */
export async function sendHttp(
  request: HttpRequest,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<HttpResponse> {
  const { timeoutMs = 15_000, signal } = options;
  const url = webAddress(request.url);
  if (!url) throw new SendError("the address is no http(s) address", "ERR_INVALID_URL");
  try {
    const headers = { ...basicAuthorization(url), ...request.headers };
    const { method, body } = request;
    const response = await network.exchange(
      bare(url),
      { method, headers, body },
      { timeoutMs, bodyLimit: BODY_LIMIT, signal },
    );
    return response.body === "" ? response : { ...response, body: withoutEchoes(response.body, request) };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const code = codeOf(error);
    const what =
      code === "ETIMEDOUT" ? `did not answer within ${Math.round(timeoutMs / 10) / 100} s` : failureWords(code);
    throw new SendError(`${url.host} ${what}`, code);
  }
}

/** The address without user and password, which go into a header. */
function bare(url: URL): URL {
  if (!url.username && !url.password) return url;
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  return copy;
}

function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {};
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(user).toString("base64")}` };
}

function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return "UNKNOWN";
}

/** What happened to a connection, by the system's word for it; goes on from the name of the host. */
export function failureWords(code: string): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `could not be found by name (${code}): check the host and the DNS`;
  if (code === "ECONNREFUSED") return `refused the connection (${code}): check the host and the port`;
  if (code === "ECONNRESET" || code === "EPIPE") return `cut the connection (${code})`;
  if (/CERT|TLS|SSL|SIGNATURE/.test(code)) return `could not be reached securely (${code}): check its certificate`;
  return `could not be reached (${code}): check the host and the port`;
}
