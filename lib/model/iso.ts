// An instant as text: ISO 8601, UTC, milliseconds.

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
