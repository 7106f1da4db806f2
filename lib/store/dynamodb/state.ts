// The version of Lookout's state in a table: marked where new, migrated where older, refused where newer or damaged.
import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { checkVersion, STATE_VERSION } from "../ops.ts";
import type { Table } from "./commit.ts";
import { type Item, keyItem } from "./item.ts";

/** No row's partition begins with NUL. */
const STATE = keyItem({ pk: "\u0000state", sk: "version" });
/** How long a version that was read is relied upon. Every release reads the state of the one after it: no haste. ms */
const TRUSTED_MS = 60_000;

/**
 * Step n makes state version n + 1 of version n. Several containers may run a step at once, so running it again must
 * change nothing. The first has nothing to do but to let the mark be set; the second gave rows a checksum, which
 * each gets when it is next written.
 */
const MIGRATIONS: readonly ((db: Table) => Promise<void>)[] = [async () => {}, async () => {}];

/**
 * What a store asks when it is opened and before each write. It reads the table's version once a minute at most, so
 * that a container that lives on notices a newer Lookout; what only reads costs nothing. Throws StoreError, or the
 * SDK's error.
 */
export function createStateCheck(db: Table): () => Promise<void> {
  let checkedAt: number | undefined;
  let checking: Promise<void> | undefined;

  async function check(): Promise<void> {
    const now = db.clock.now();
    await bringUpToDate(db);
    checkedAt = now;
  }
  return async () => {
    // A clock that was set back ends the trust too.
    if (checkedAt !== undefined && Math.abs(db.clock.now() - checkedAt) < TRUSTED_MS) return;
    checking ??= check().finally(() => {
      checking = undefined;
    });
    await checking;
  };
}

async function bringUpToDate(db: Table): Promise<void> {
  const { client, table } = db;
  const read = new GetItemCommand({ TableName: table, Key: STATE, ConsistentRead: true });
  // Whoever finds the mark changed by another looks again: it only ever grows.
  for (;;) {
    const { Item: mark } = await client.send(read);
    const version = mark === undefined ? undefined : versionOf(mark, table);
    if (version === STATE_VERSION) return;
    if (version !== undefined) for (const step of MIGRATIONS.slice(version)) await step(db);
    if (await setMark(db, version)) return;
  }
}

function versionOf(mark: Item, table: string): number {
  const version = mark["v"];
  return checkVersion(
    version?.N ?? version?.S ?? "",
    `the DynamoDB table ${table}`,
    "set store.table to another table",
  );
}

/** Marks the table, unless its mark is not the one that was found any more. */
async function setMark({ client, table }: Table, found: number | undefined): Promise<boolean> {
  const expected =
    found === undefined
      ? { ConditionExpression: "attribute_not_exists(pk)" }
      : { ConditionExpression: "v = :found", ExpressionAttributeValues: { ":found": { N: String(found) } } };
  const Item = { ...STATE, v: { N: String(STATE_VERSION) } };
  try {
    await client.send(new PutItemCommand({ TableName: table, Item, ...expected }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
