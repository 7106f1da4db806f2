// Who may ask: tokens that expire and request signatures, with the lock that real clouds put on a
// key that keeps failing.
import type { Random } from "./random.ts";
import { Refusal, unauthenticated } from "./refusal.ts";
import { parseAuthorization, parseSdkDate, type SignedRequest, signatureOf } from "./signature.ts";

export interface Credentials {
  accessKey: string;
  secretKey: string;
  /** Set for temporary keys: every signed request must carry it, signed. */
  securityToken?: string;
  username: string;
  password: string;
  domain: string;
  /** A token that never expires, for configurations that bring their own. */
  token?: string;
  projectId: string;
  projectName: string;
}

/** Public on purpose: they open nothing but a simulator. */
export const DEMO_CREDENTIALS: Credentials = {
  accessKey: "SIMULATED_ACCESS_KEY",
  secretKey: "SIMULATED_SECRET_KEY",
  username: "simulated-user",
  password: "simulated-password",
  domain: "simulated-domain",
  projectId: "0123456789abcdef0123456789abcdef",
  projectName: "eu-de_simulated",
};

/**
 * https://support.huaweicloud.com/intl/en-us/ae-ad-1-usermanual-apig/apig-faq-0003.html: five
 * failures in a row lock a key.
 */
const FAILURES_TO_LOCK = 5;
const LOCK = 5 * 60_000;
const CLOCK_SKEW = 15 * 60_000;

export interface Auth {
  /** A new token for a project (undefined: for none), good until `expiresAt` (ms). */
  issue(projectId: string | undefined, now: number, life: number): { token: string; expiresAt: number };
  /** The project that the caller's credentials are for, undefined when for none; throws Refusal. */
  check(request: SignedRequest, now: number): string | undefined;
  /** From now on these are accepted in place of those before; what was issued for those is good no more. */
  rotate(changes: Partial<Credentials>): void;
}

export function createAuth(credentials: Credentials, random: Random): Auth {
  const tokens = new Map<string, { projectId: string | undefined; expiresAt: number }>();
  let failures = 0;
  let lockedUntil = -Infinity;
  acceptGivenToken();

  function acceptGivenToken(): void {
    const { token, projectId } = credentials;
    if (token) tokens.set(token, { projectId, expiresAt: Infinity });
  }

  function checkToken(token: string, now: number): string | undefined {
    const known = tokens.get(token);
    if (!known) throw unauthenticated("decrypt token fail");
    if (known.expiresAt <= now) throw new Refusal(401, "The token must be updated.");
    return known.projectId;
  }
  function checkSignature(request: SignedRequest, header: string, now: number): void {
    const authorization = parseAuthorization(header);
    if (!authorization) throw unauthenticated("authorization header format error");
    if (authorization.access !== credentials.accessKey) throw unauthenticated("Get secretKey failed");
    if (now < lockedUntil) throw unauthenticated("AK access failed to reach the limit,forbidden");
    if (signatureFits(request, authorization, credentials, now)) {
      failures = 0;
      return;
    }
    failures++;
    if (failures >= FAILURES_TO_LOCK) {
      failures = 0;
      lockedUntil = now + LOCK;
    }
    throw unauthenticated("verify aksk signature fail");
  }
  return {
    issue(projectId, now, life) {
      for (const [token, { expiresAt }] of tokens) if (expiresAt <= now - LOCK) tokens.delete(token);
      const token = `MII${random.hex(64)}`;
      tokens.set(token, { projectId, expiresAt: now + life });
      return { token, expiresAt: now + life };
    },
    check(request, now) {
      const token = request.headers["x-auth-token"];
      if (typeof token === "string" && token !== "") return checkToken(token, now);
      const header = request.headers["authorization"];
      if (typeof header !== "string") throw unauthenticated("x-auth-token not found");
      checkSignature(request, header, now);
      const project = request.headers["x-project-id"];
      if (project !== undefined && project !== credentials.projectId) {
        throw new Refusal(403, "The project of the request is not the project of the resource.", "ModelArts.0210");
      }
      return credentials.projectId;
    },
    rotate(changes) {
      Object.assign(credentials, changes);
      tokens.clear();
      acceptGivenToken();
      failures = 0;
      lockedUntil = -Infinity;
    },
  };
}

function signatureFits(
  request: SignedRequest,
  { signedHeaders, signature }: { signedHeaders: string[]; signature: string },
  { secretKey, securityToken }: Credentials,
  now: number,
): boolean {
  const date = parseSdkDate(String(request.headers["x-sdk-date"] ?? ""));
  if (date === undefined || Math.abs(now - date) > CLOCK_SKEW || !signedHeaders.includes("x-sdk-date")) return false;
  if (
    signedHeaders.some((name, index) => request.headers[name] === undefined || name <= (signedHeaders[index - 1] ?? ""))
  )
    return false;
  // What is sent to say on whose behalf the request is made must not be changeable on the way.
  const claims = ["x-security-token", "x-project-id", "x-domain-id"].filter(
    (name) => request.headers[name] !== undefined,
  );
  if (!claims.every((name) => signedHeaders.includes(name))) return false;
  if (securityToken !== undefined && request.headers["x-security-token"] !== securityToken) return false;
  return signatureOf(request, signedHeaders, secretKey) === signature;
}
