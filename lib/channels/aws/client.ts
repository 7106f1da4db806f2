// What the channels of AWS have in common: options, clients made when they are first used, and how refusals are judged.
import * as z from "zod";
import { Address } from "../http/address.ts";
import { advised, retry, UNNAMED_WAIT } from "../http/answer.ts";
import { receiverWords } from "../http/redact.ts";
import { failureWords } from "../http/send.ts";
import type { Outcome } from "../port.ts";

/** Credentials come from where the SDK looks for them. */
export const AWS_OPTIONS = {
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,40}$/, "a region")
    .optional(),
  endpoint: Address.optional(),
};

export interface AwsPlace {
  region?: string | undefined;
  endpoint?: string | undefined;
}

export interface AwsConfig {
  region?: string;
  endpoint?: string;
  maxAttempts: 1;
}

/** One client for each place; it keeps connections and credentials. Deliveries are tried again by the sender alone. */
export function clientsOf<Client>(load: (config: AwsConfig) => Promise<Client>): (place: AwsPlace) => Promise<Client> {
  const made = new Map<string, Promise<Client>>();
  return ({ region, endpoint }) => {
    const key = JSON.stringify([region, endpoint]);
    const known = made.get(key);
    if (known) return known;
    const place = { ...(region === undefined ? {} : { region }), ...(endpoint === undefined ? {} : { endpoint }) };
    const client = load({ ...place, maxAttempts: 1 });
    made.set(key, client);
    return client;
  };
}

/** As the SDK throws it. */
interface AwsError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

const PASSING = /^(ServiceUnavailable|Internal|RequestTimeout|RequestTimeTooSkewed|RequestExpired|ExpiredToken)/;
/** Those of them that ask to wait, and name no time. */
export const THROTTLED =
  /^(Throttl|RequestThrottled|TooManyRequests|RequestLimitExceeded|LimitExceeded|SlowDown|KMSThrottling)/;
const DENIED = /^(AccessDenied|AuthorizationError|NotAuthorized|UnauthorizedOperation)/;
const BAD_KEY =
  /^(InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId|MissingAuthenticationToken)/;

/** `action`: what the role must be allowed to do; `advice`: by the beginning of the error's name. */
export function refusedByAws(thrown: unknown, action: string, advice: Readonly<Record<string, string>>): Outcome {
  const error = thrown as AwsError;
  const status = error.$metadata?.httpStatusCode;
  if (error.name === "CredentialsProviderError") {
    return retry(
      "there are no AWS credentials: give this process a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  }
  if (/^Region is missing/.test(error.message)) {
    return { kind: "permanent", reason: 'it is not known in which region: give "region"' };
  }
  if (status === undefined) return retry(error.code ? `AWS ${failureWords(error.code)}` : receiverWords(error.message));
  if (status < 400) return { kind: "permanent", reason: `HTTP ${status}, which is no answer of AWS: check "endpoint"` };
  const reason = `${error.name}: ${receiverWords(error.message)}`;
  if (THROTTLED.test(error.name) || status === 429) return retry(reason, UNNAMED_WAIT);
  if (PASSING.test(error.name) || status >= 500) return retry(reason);
  return advised({ kind: "permanent", reason }, adviceFor(error.name, action, advice));
}

function adviceFor(name: string, action: string, advice: Readonly<Record<string, string>>): string | undefined {
  if (DENIED.test(name)) return `allow this role ${action}`;
  if (BAD_KEY.test(name)) return "check the AWS credentials of this process";
  return Object.entries(advice).find(([start]) => name.startsWith(start))?.[1];
}
