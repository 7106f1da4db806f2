// The store without a name: one process, one connection, gone when it is closed.
import { openUnnamedStore } from "../../../lib/store/sqlite/unnamed.ts";
import { storeContract } from "../contract.ts";

storeContract(async (now) => {
  const store = openUnnamedStore({ now });
  return { stores: [store, store], async clean() {} };
});
