// What a place of configurations is asked, and what it answers.

/** A configuration as it was found. */
export interface Found {
  text: string;
  /** Names it at its place. */
  version: string;
  /** When it was put there, or began to decide; ms. */
  at: number;
}

/** What is there now. */
export interface Current extends Found {
  /** It was taken over, or refused: it is not found again. Without this the next call finds it once more. */
  done(): void;
  /**
   * Makes it the one that decides, where the place does not say which of two is newer. Throws Superseded where another
   * one decides.
   */
  take?(): Promise<void>;
}

export interface Origin {
  /** What is there now; undefined where that was found before, and is done. Rejects with the service's error. */
  ask(): Promise<Current | undefined>;
  /** Whether the place gives that version later, too. */
  keeps(version: string): boolean;
  /** An earlier version; undefined where the place keeps none. */
  version(name: string): Promise<Found | undefined>;
}

/** What cannot be a configuration is not read; bytes. */
export const MAX_BYTES = 1_000_000;
/** No answer is waited for longer; ms. */
const TIMEOUT_MS = 5_000;
export const CLIENT = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
};
