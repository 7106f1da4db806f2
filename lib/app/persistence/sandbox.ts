// A store for trying things out: it shows what the real one holds and keeps what is written to itself. Invariant: the
// real one is changed in nothing but what protects the credentials, so that tries of every process count together.
import { rowId } from "../../store/ops.ts";
import type { Key, Op, Row, Store } from "../../store/port.ts";
import { CONNECTIONS } from "./rows.ts";

/** Takes what reading the cloud writes: verdicts on credentials go through, tokens and ids of projects stay here. */
export function sandboxOf(real: Store): Store {
  const own = new Map<string, Row>();

  async function get<T>(key: Key): Promise<Row<T> | undefined> {
    return (own.get(rowId(key)) as Row<T> | undefined) ?? real.get<T>(key);
  }
  function keep(op: Op): void {
    if (op.op !== "put") return;
    const version = (own.get(rowId(op))?.version ?? 0) + 1;
    own.set(rowId(op), { pk: op.pk, sk: op.sk, version, data: op.data });
  }
  return {
    ...real,
    get,
    async getMany<T>(keys: readonly Key[]) {
      const rows = await Promise.all(keys.map((key) => get<T>(key)));
      return rows.filter((row) => row !== undefined);
    },
    async commit(ops) {
      const through = ops.filter(({ pk }) => pk === CONNECTIONS);
      for (const op of ops) if (!through.includes(op)) keep(op);
      if (through.length > 0) await real.commit(through);
    },
    purge: async () => 0,
  };
}
