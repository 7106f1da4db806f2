// What releases up to state version 1 left: a unit of work that was valid already, and not applied to its end.
import { rowId } from "../../store/ops.ts";
import type { Key, Op, Store } from "../../store/port.ts";

const HEAD: Key = { pk: "journal", sk: "head" };

/** Applies what was left, and lets releases before this one commit no more. Doing so again changes nothing. */
export async function endJournal(store: Store): Promise<void> {
  const head = await store.get<{ parts: string[] }>(HEAD);
  for (const sk of head?.data.parts ?? []) {
    const part = await store.get<Op[]>({ pk: HEAD.pk, sk });
    if (part === undefined) continue;
    await store.commit([
      ...(await unapplied(store, part.data)),
      { op: "delete", pk: HEAD.pk, sk, expect: part.version },
    ]);
  }
  const superseded = { parts: [], generation: Number.MAX_SAFE_INTEGER };
  await store.commit([{ op: "put", ...HEAD, data: superseded, expect: head?.version ?? 0 }]);
}

/** The ops whose rows are still as they were; one that has expired meanwhile is written anew. */
async function unapplied(store: Store, ops: readonly Op[]): Promise<Op[]> {
  const versions = new Map((await store.getMany(ops)).map((row) => [rowId(row), row.version]));
  return ops.flatMap((op) => {
    const version = versions.get(rowId(op)) ?? 0;
    if (version === 0 && op.op === "delete") return [];
    return version === 0 || version === (op.expect ?? 0) ? [{ ...op, expect: version }] : [];
  });
}
