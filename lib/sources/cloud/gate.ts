// The door between a client and credentials that may be wrong: a cloud locks a key after five failures.
import type { CloudError } from "./client.ts";

/** Asked before every real attempt that uses the credentials. */
export interface CredentialGate {
  /**
   * Resolves when an attempt may be made; throws CloudError "paused" while the connection rests, or has other
   * credentials. `about` names the resource that is asked for: one that was refused lets others go first, and is
   * "credentials" until they went. Without it, a refusal says that the credentials themselves are wrong.
   */
  begin(about?: string): Promise<CredentialAttempt>;
}

/** One attempt: exactly one of these is called with its outcome. */
export interface CredentialAttempt {
  /** The credentials were refused. Throws CloudError "paused" where the connection rests from now on. */
  refused(error: CloudError): Promise<void>;
  /** The answer proves the credentials, whatever else it says. */
  accepted(): Promise<void>;
  /** No verdict: network, 429, 5xx, or an outdated token that can be renewed. */
  undecided(): Promise<void>;
}

async function nothing(): Promise<void> {}

const anyAttempt: CredentialAttempt = { refused: nothing, accepted: nothing, undecided: nothing };

/** Lets everything pass: for uses that keep no state between attempts. */
export const openGate: CredentialGate = { begin: async () => anyAttempt };
