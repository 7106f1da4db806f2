// A second process on the file, for sqlite.test.ts: `count` N times with the others, `write` until killed, or `fill`.

import { StoreConflict } from "../../../lib/store/port.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";

const [task = "", path = "", from = "1"] = process.argv.slice(2);
const store = openSqliteStore({ path, now: () => Date.now() });

async function count(times: number): Promise<void> {
  const key = { pk: "p", sk: "count" };
  for (let done = 0; done < times; ) {
    const row = await store.get<number>(key);
    try {
      await store.commit([
        { op: "check", pk: "p", sk: "absent", expect: 0 },
        { op: "put", ...key, data: (row?.data ?? 0) + 1, expect: row?.version ?? 0 },
      ]);
      done++;
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
}

/** Acknowledges on standard output, synchronously, only after the commit has returned. */
async function write(first: number): Promise<never> {
  for (let n = first; ; n++) {
    await store.commit([
      { op: "put", pk: "p", sk: String(n).padStart(8, "0"), data: n, expect: 0 },
      { op: "put", pk: "head", sk: "last", data: n },
    ]);
    process.stdout.write(`${n}\n`);
  }
}

async function fill(): Promise<void> {
  for (let n = 1; ; n++) {
    try {
      await store.commit([{ op: "put", pk: "p", sk: String(n), data: String(Math.random()).repeat(50) }]);
    } catch (error) {
      process.stdout.write(`${error}\n`);
      return;
    }
    process.stdout.write(`${n}\n`);
  }
}

if (task === "count") await count(Number(from));
else if (task === "write") await write(Number(from));
else await fill();
