// A rule without a state: every match opens an alert, or counts into the open one.
import type { Kind } from "./port.ts";

export function occurrence(): Kind<null> {
  return {
    field: undefined,
    reach: 0,
    begin: () => null,
    take: (_memory, { count, time }) => ({ count, since: time, until: time }),
    clear: () => {},
    explain: () => undefined,
  };
}
