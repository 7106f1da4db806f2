// The store in memory: one process, one copy.
import { openMemoryStore } from "../../lib/store/memory.ts";
import { storeContract } from "./contract.ts";

storeContract(async (now) => {
  const store = openMemoryStore({ now });
  return { stores: [store, store], async clean() {} };
});
