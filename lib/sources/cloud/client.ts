// What sources use to talk to one cloud connection, and the errors they can expect; the implementation is http.ts.

export type Service = "modelarts" | "ces";

export interface CloudRequest {
  service: Service;
  method?: "GET" | "POST";
  /**
   * Path template already filled in and percent-encoded by segment, `{project_id}` allowed:
   * "/v1/{project_id}/services".
   */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal;
  /** It may wait for all that are not: so a long list keeps nobody waiting. */
  patient?: boolean;
  /** Receives the length of each answer, in characters. */
  heard?: (chars: number) => void;
}

export interface CloudClient {
  /** The parsed JSON answer of a 2xx; throws CloudError for everything else, after the retries that are worth it. */
  request(request: CloudRequest): Promise<unknown>;
}

/** Why the cloud did not give the answer asked for. */
export type CloudErrorKind =
  | "credentials" // 401, or a gateway's signature and token refusals
  | "forbidden" // 403: the credentials are good, the permission is missing
  | "not-found" // 404, or ModelArts.2775: the target does not exist
  | "bad-request" // any other 4xx
  | "throttled" // 429 and its relatives
  | "server" // 5xx, 408
  | "network" // refused, reset, timed out, cut
  | "malformed" // 2xx whose body is no JSON, or not of the shape the API documents
  | "paging" // pages that repeat or go nowhere
  | "endless" // a list that is longer than is read at once
  | "paused"; // the connection rests after refused credentials, or they cannot be resolved

export class CloudError extends Error {
  override name = "CloudError";
  readonly kind: CloudErrorKind;
  readonly status: number | undefined;
  /** The API's own code, such as ModelArts.2775 or APIGW.0301. */
  readonly code: string | undefined;
  /** Milliseconds since the epoch before which nothing should be asked again. */
  readonly retryAt: number | undefined;
  constructor(
    kind: CloudErrorKind,
    message: string,
    fields: {
      status?: number | undefined;
      code?: string | undefined;
      retryAt?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: fields.cause });
    this.kind = kind;
    this.status = fields.status;
    this.code = fields.code;
    this.retryAt = fields.retryAt;
  }
}
