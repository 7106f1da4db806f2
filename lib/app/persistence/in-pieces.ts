// Rows of a partition piece by piece: however many there are, few are held at once, and between two pieces other work
// has its turn.
import { createTurns } from "../../sources/cloud/turns.ts";
import type { Row, Store } from "../../store/port.ts";

const AT_ONCE = 250;

/** In the order of their keys. A row that comes or goes meanwhile may be among them or not. */
export async function* inPieces<T>(store: Pick<Store, "list">, partition: string): AsyncGenerator<readonly Row<T>[]> {
  const turn = createTurns(1);
  for (let after: string | undefined; ; await turn()) {
    const rows = await store.list<T>(partition, { limit: AT_ONCE, ...(after === undefined ? {} : { after }) });
    if (rows.length > 0) yield rows;
    if (rows.length < AT_ONCE) return;
    after = rows.at(-1)!.sk;
  }
}
