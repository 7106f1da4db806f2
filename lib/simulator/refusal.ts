// How the clouds say no: one error for all of them, and the body each API writes it in.

export type ApiStyle = "modelarts" | "ces" | "iam" | "gateway";

/** A request is not answered as asked: the HTTP status, the API's code and its text. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly status: number;
  readonly code: string | undefined;
  /** True where not the service but the gateway before it refuses. */
  readonly gateway: boolean;
  constructor(status: number, message: string, code?: string, gateway = false) {
    super(message);
    this.status = status;
    this.code = code;
    this.gateway = gateway;
  }
}

/**
 * The gateway's 401. Its texts: https://support.huaweicloud.com/intl/en-us/ae-ad-1-usermanual-apig/apig-faq-0003.html
 */
export function unauthenticated(detail: string): Refusal {
  return new Refusal(401, `Incorrect IAM authentication information: ${detail}`, "APIGW.0301", true);
}

/** The error body of an API for a refusal; the codes are the documents', where they name one for the status. */
export function errorBody(style: ApiStyle, refusal: Refusal, requestId: string): unknown {
  const { status, message, code } = refusal;
  if (refusal.gateway || style === "gateway") {
    return { error_msg: message, error_code: code ?? "APIGW.0201", request_id: requestId };
  }
  if (style === "ces") {
    const own = code ?? (status === 400 ? "ces.0014" : String(status));
    return { http_code: String(status), message: { details: message, code: own } };
  }
  if (style === "iam")
    return {
      error: { code: status, message, title: IAM_TITLES[status] ?? "Error", ...(code ? { error_code: code } : {}) },
    };
  return { error_code: code ?? MODELARTS_CODES[status] ?? "ModelArts.0010", error_msg: message };
}

const IAM_TITLES: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
};

const MODELARTS_CODES: Record<number, string> = {
  400: "ModelArts.50004000",
  401: "ModelArts.0202",
  403: "ModelArts.2785",
  404: "ModelArts.0102",
  408: "ModelArts.0012",
  429: "ModelArts.2799",
};

/** What a service says for a status that a fault orders. */
export function faultRefusal(status: number, text = FAULT_TEXTS[status] ?? "Internal error."): Refusal {
  return new Refusal(status, text);
}

const FAULT_TEXTS: Record<number, string> = {
  400: "Bad request.",
  403: "Access to the requested page is forbidden.",
  404: "Not found.",
  408: "The request timed out.",
  429: "The services has too many requests.",
  503: "The service is currently unavailable.",
};
