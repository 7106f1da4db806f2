// How requests of one connection are authorized: signed with an access key, or with a token, given
// or obtained from IAM.
import type { Clock } from "../../model/clock.ts";
import type { AuthConfig } from "../../model/config.ts";
import { authorization, sdkDate } from "../../model/signer.ts";
import type { Outgoing } from "./exchange.ts";
import type { Token, TokenKeeper } from "./iam.ts";

export interface Credential {
  /** The headers that authorize the request now. */
  headers(outgoing: Outgoing, projectId: string | undefined): Record<string, string>;
  /** Set where a refusal may only mean that the token is outdated: the next credential will be another. */
  outdated?: () => void;
}

/** A credential for one attempt; for passwords this may ask IAM first (once for all waiting callers). */
export type Authorizer = () => Promise<Credential>;

/**
 * `keeper` is needed for passwords alone. A token is tried anew only where it was not obtained a
 * moment ago for the same request.
 */
export function createAuthorizer(auth: AuthConfig, clock: Clock, keeper: TokenKeeper | undefined): Authorizer {
  if ("accessKey" in auth) return async () => accessKeyCredential(auth, clock);
  if ("token" in auth) return async () => tokenCredential(auth.token.trim());
  return async () => {
    const token: Token = await keeper!.get();
    return { ...tokenCredential(token.value), outdated: () => keeper!.drop(token) };
  };
}

/** What must not show up in any text. */
export function secretsOf(auth: AuthConfig): string[] {
  if ("accessKey" in auth) return [auth.secretKey, ...(auth.securityToken === undefined ? [] : [auth.securityToken])];
  return ["token" in auth ? auth.token : auth.password];
}

function tokenCredential(token: string): Credential {
  return { headers: () => ({ "x-auth-token": token }) };
}

function accessKeyCredential(auth: Extract<AuthConfig, { accessKey: string }>, clock: Clock): Credential {
  return {
    headers({ method, url, body = "" }, projectId) {
      const headers: Record<string, string> = { "x-sdk-date": sdkDate(clock.now()) };
      if (projectId !== undefined) headers["x-project-id"] = projectId;
      if (auth.securityToken !== undefined) headers["x-security-token"] = auth.securityToken.trim();
      const signed = { method, url, headers: { ...headers, host: url.host }, body };
      return { ...headers, authorization: authorization(signed, auth.accessKey.trim(), auth.secretKey.trim()) };
    },
  };
}
