// Why something of a cloud could not be read, in kinds that separate a cause of the whole connection
// from one of a single target.
import { SecretError } from "../../config/secrets/values.ts";
import { CloudError } from "../../sources/cloud/client.ts";
import type { FailureKind } from "../persistence/rows.ts";

/** So many rounds in a row a target may have more than is read in one: a long backlog is no problem yet. */
const PATIENT_ROUNDS = 3;

/** Whether a target is not read to its end only because there is more to read than one run did. */
export function isUnderWay({ kind, tries }: { kind: FailureKind; tries: number }): boolean {
  return kind === "interrupted" || (kind === "endless" && tries < PATIENT_ROUNDS);
}

/** What these kinds say of one target holds for everything that is read over the connection. */
const CONNECTION_WIDE: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "credentials",
  "throttled",
  "server",
  "network",
  "paused",
  "project",
]);

export function isConnectionWide(kind: FailureKind): boolean {
  return CONNECTION_WIDE.has(kind);
}

/** `signal` is that of the run: what fails once it was told to stop says nothing about the cloud. */
export function failureKind(error: unknown, signal: AbortSignal): FailureKind {
  if (signal.aborted) return "interrupted";
  if (error instanceof SecretError || (error instanceof Error && error.cause instanceof SecretError)) return "secret";
  return error instanceof CloudError ? error.kind : "internal";
}

/** Likewise where the error stands in the way of all targets: the project is unknown. */
export function projectFailureKind(error: unknown, signal: AbortSignal): FailureKind {
  const kind = failureKind(error, signal);
  const ownKind = kind === "interrupted" || kind === "secret" || isConnectionWide(kind);
  return error instanceof CloudError && !ownKind ? "project" : kind;
}

interface DiscoveryFailure {
  discoveryError?: string;
  discoveryKind?: FailureKind;
  /** ms */
  discoveryFailingSince?: number;
}

/**
 * What a source's row says about its discovery, `before` being the row of the run before; nothing
 * where it did not fail.
 */
export function discoveryFailure(
  before: DiscoveryFailure | undefined,
  error: string | undefined,
  kind: FailureKind = "internal",
  now: number,
): DiscoveryFailure {
  if (error === undefined) return {};
  // A run that was stopped does not end what failed before.
  if (kind === "interrupted" && before?.discoveryError !== undefined) {
    const { discoveryError, discoveryKind = "internal", discoveryFailingSince = now } = before;
    return { discoveryError, discoveryKind, discoveryFailingSince };
  }
  const since = before?.discoveryKind === "interrupted" ? undefined : before?.discoveryFailingSince;
  return { discoveryError: error, discoveryKind: kind, discoveryFailingSince: since ?? now };
}
