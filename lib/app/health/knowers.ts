// What a process knows to be wrong and the store does not show: while it says so, others leave those alerts alone.
import type { Alert } from "../../model/alert.ts";
import { rulePartition } from "../../rules/compile.ts";
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { KNOWERS, type KnowerRow, knowerKey, type RuleRow } from "../persistence/rows.ts";

/** What a process says that does not tell when it checks next holds for so long, more than a schedule's pause; ms. */
const UNTOLD_MS = 360_000;

/** Lookout's own alerts that fire, by their rows. */
export async function firingAlerts({ store, healthRule }: App): Promise<ReadonlyMap<string, Alert>> {
  const rows = await store.list<RuleRow>(rulePartition(healthRule));
  return new Map(
    rows.flatMap(({ sk, data: { state } }) => (state.alert?.status === "firing" ? [[sk, state.alert]] : [])),
  );
}

/** Says what this process alone knows, until it checks again. */
export async function sayKnown(app: App, known: readonly string[], until: number | undefined): Promise<void> {
  if (known.length === 0) return;
  const data: KnowerRow = { known };
  const expires = until ?? app.clock.now() + UNTOLD_MS;
  await app.store.commit([{ op: "put", ...knowerKey(app.identity.id), data, expires }]);
}

/** Those of the alerts' rows whose problem is over here, and that no other process knows of. */
export async function overEverywhere(app: App, over: readonly string[], known: readonly string[]): Promise<string[]> {
  if (over.length === 0) return [];
  const rows = await app.store.list<KnowerRow>(KNOWERS);
  const own = rows.find(({ sk }) => sk === app.identity.id);
  if (own && known.length === 0) await app.store.commit([{ op: "delete", pk: own.pk, sk: own.sk }]);
  const elsewhere = new Set(rows.filter((row) => isOther(app, row)).flatMap(({ data }) => data.known));
  return over.filter((sk) => !elsewhere.has(sk));
}

function isOther({ identity }: App, { sk }: Row<KnowerRow>): boolean {
  return sk !== identity.id && !identity.isGone(sk);
}
