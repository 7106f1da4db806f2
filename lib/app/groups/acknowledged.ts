// An acknowledgement stays with its alert until that is resolved, whatever else happens to the alert.
import type { Alert } from "../../model/alert.ts";
import type { KeyState } from "../../rules/state.ts";
import type { RuleRow } from "../persistence/rows.ts";

/** The alert with what the row before says of its acknowledgement. */
export function stillAcknowledged(before: RuleRow | undefined, alert: Alert): Alert {
  const known = before?.state.alert;
  if (known?.id !== alert.id || known.acknowledgedBy === alert.acknowledgedBy) return alert;
  const { acknowledgedBy, acknowledgedAt } = known;
  return { ...alert, acknowledgedBy, ...(acknowledgedAt === undefined ? {} : { acknowledgedAt }) };
}

/** The same for the state; an alert that fires again is not acknowledged any more. */
export function withAcknowledgement(
  before: RuleRow | undefined,
  state: KeyState,
  reopened: ReadonlySet<string>,
): KeyState {
  if (state.alert === null) return state;
  const again = reopened.has(state.alert.id) && state.alert.status === "firing";
  const alert = again ? unacknowledged(state.alert) : stillAcknowledged(before, state.alert);
  return alert === state.alert ? state : { ...state, alert };
}

function unacknowledged({ acknowledgedAt: _at, ...alert }: Alert): Alert {
  return { ...alert, acknowledgedBy: null };
}
