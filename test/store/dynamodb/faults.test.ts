// What goes wrong between the store and DynamoDB: a proxy in front of the real server answers in its place, loses its
// answers, or repeats old ones.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDynamoStore } from "../../../lib/store/dynamodb/dynamodb.ts";
import { type Put, type Store, StoreConflict, StoreError } from "../../../lib/store/port.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../../support/dynamodb.ts";
import { incompressible } from "../rows.ts";

interface Answer {
  status: number;
  body: Record<string, unknown>;
}
/** Gets the operation's name, its request and a way to the real server; null loses the connection. */
type Script = (operation: string, request: string, forward: () => Promise<Answer>) => Promise<Answer | null>;

let script: Script;
let store: Store;
let sleeps: number[];
let now: number;
let close: () => void;

beforeEach(async () => {
  script = (_, __, forward) => forward();
  sleeps = [];
  now = 1_000;
  if (dynamoEndpoint === null) return;
  const server = createServer(async (request, response) => {
    const target = String(request.headers["x-amz-target"]);
    const body = await text(request);
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": target };
    const authorization = String(request.headers.authorization);
    const answer = await script(target.split(".")[1] ?? "", body, async () => {
      const real = await fetch(dynamoEndpoint as string, {
        method: "POST",
        headers: { ...headers, authorization },
        body,
      });
      return { status: real.status, body: (await real.json()) as Record<string, unknown> };
    });
    if (answer === null) return request.socket.destroy();
    response
      .writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { table, client } = await freshTable();
  const clock = { now: () => now, sleep: async (ms: number) => void sleeps.push(ms) };
  store = await openDynamoStore({ ...dynamoConnection, endpoint, table, clock });
  close = () => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  };
});
afterEach(async () => {
  if (dynamoEndpoint === null) return;
  await store.close();
  close();
});

function failed(type: string, more: Record<string, unknown> = {}): Answer {
  return { status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "scripted", ...more } };
}
function cancelled(...codes: string[]): Answer {
  return failed("TransactionCanceledException", { CancellationReasons: codes.map((Code) => ({ Code })) });
}
const put = (sk: string, data: unknown = sk): Put => ({ op: "put", pk: "p", sk, data });
const two = [put("a"), put("b")];

describe.skipIf(dynamoEndpoint === null)("between the store and DynamoDB", () => {
  test("the version of the state is read at most once a minute, and only by what writes", async () => {
    const operations: string[] = [];
    script = (operation, request, forward) => {
      operations.push(request.includes('"version"') ? "version" : operation);
      return forward();
    };
    await store.commit([put("a")]);
    now += 120_000;
    await store.get({ pk: "p", sk: "a" });
    await store.list("p");
    await store.due("timer", now, 5);
    await store.commit([]);
    // Those of the list, and of each place of the queue.
    expect(new Set(operations.splice(0))).toEqual(new Set(["UpdateItem", "GetItem", "Query"]));
    await Promise.all([store.commit([put("a")]), store.commit([put("b")])]);
    await store.commit([put("a")]);
    expect(operations).toEqual(["version", "UpdateItem", "UpdateItem", "UpdateItem"]);
  });

  test("a commit that meets another transaction waits and is tried again", async () => {
    const answers = [cancelled("None", "TransactionConflict"), cancelled("ThrottlingError", "None"), null];
    script = async (operation, _, forward) =>
      operation === "TransactWriteItems" && answers.length > 0 ? (answers.shift() ?? null) : forward();
    await store.commit(two);
    expect((await store.list("p")).map((row) => row.version)).toEqual([1, 1]);
    expect(sleeps).toHaveLength(2);
    const conflicts = [failed("TransactionConflictException"), failed("TransactionConflictException")];
    script = async (operation, _, forward) => (operation === "UpdateItem" && conflicts.shift()) || forward();
    await store.commit([put("a")]);
    expect(await store.get({ pk: "p", sk: "a" })).toMatchObject({ version: 2 });
  });

  test("one that never gets through is a conflict of the rows in question", async () => {
    script = async () => cancelled("None", "TransactionConflict");
    const error = await store.commit(two).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreConflict);
    expect(error).toMatchObject({ keys: [{ pk: "p", sk: "b" }] });
    expect(sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(5_000);
  });

  test("one that AWS throttles to the end is reported as such", async () => {
    script = async () => cancelled("ThrottlingError", "None");
    await expect(store.commit(two)).rejects.toThrow(/is throttled by AWS.*nothing is lost/);
  });

  test.each([
    ["one write", [put("a")]],
    ["a transaction", two],
  ])("the answer to %s that took effect is lost: it is done once and no conflict", async (_, ops) => {
    let lost = 0;
    script = async (operation, _, forward) => {
      const answer = await forward();
      return ["UpdateItem", "TransactWriteItems"].includes(operation) && lost++ === 0 ? null : answer;
    };
    await store.commit(ops.map((op) => ({ ...op, expect: 0 })));
    expect(lost).toBe(2);
    expect((await store.list("p")).map((row) => row.version)).toEqual(ops.map(() => 1));
  });

  test("keys that a batch left unread are read again", async () => {
    const names = Array.from({ length: 60 }, (_, n) => `k${n}`);
    await store.commit(names.map((name) => put(name)));
    script = async (operation, request, forward) => {
      const answer = await forward();
      const responses = answer.body["Responses"] as Record<string, { sk: { S: string } }[]>;
      const [table, items] = Object.entries(responses)[0] ?? ["", []];
      if (operation !== "BatchGetItem" || items.length < 10) return answer;
      const left = items.splice(items.length / 2).map((item) => item.sk.S);
      const { Keys } = JSON.parse(request).RequestItems[table] as { Keys: { sk: { S: string } }[] };
      const unprocessed = { Keys: Keys.filter((key) => left.includes(key.sk.S)), ConsistentRead: true };
      return { status: 200, body: { Responses: responses, UnprocessedKeys: { [table]: unprocessed } } };
    };
    const rows = await store.getMany(names.map((sk) => ({ pk: "p", sk })));
    expect(rows.map((row) => row.data).sort()).toEqual(names.sort());
  });

  test("a large row that is replaced between the reading of it and of its parts is read anew", async () => {
    await store.commit([put("row", incompressible(800_000))]);
    const data = incompressible(800_000);
    let replaced = 0;
    script = async (operation, _, forward) => {
      const answer = await forward();
      if (operation === "GetItem" && replaced++ === 0) await store.commit([put("row", data)]);
      return answer;
    };
    expect(await store.get({ pk: "p", sk: "row" })).toMatchObject({ version: 2, data });
  });

  test("an index that lags behind lists no row that is not due any more", async () => {
    const timer = (sk: string) => ({ ...put(sk), queue: "timer" as const, due: 5 });
    await store.commit([timer("a"), timer("b"), timer("c"), timer("d")]);
    const old = new Map<string, Answer>();
    script = async (operation, request, forward) => {
      if (operation !== "Query") return forward();
      const place = /"timer(\/\d+)?"/.exec(request)![0];
      old.set(place, old.get(place) ?? (await forward()));
      return old.get(place)!;
    };
    expect(await store.due("timer", 10, 9)).toHaveLength(4);
    await store.commit([put("a"), { ...timer("b"), due: 11 }, { op: "delete", pk: "p", sk: "c" }]);
    expect((await store.due("timer", 10, 9)).map((row) => row.sk)).toEqual(["d"]);
  });

  test("rows that are due are read as far as they are asked for, wherever the index lists them", async () => {
    const due = Array.from({ length: 300 }, (_, at): Put => ({ ...put(`row-${at}`), queue: "timer", due: 10 + at }));
    for (let from = 0; from < due.length; from += 50) await store.commit(due.slice(from, from + 50));
    let read = 0;
    script = (operation, request, forward) => {
      if (operation === "BatchGetItem") read += request.split('"sk"').length - 1;
      return forward();
    };
    const names = due.map(({ sk }) => sk);
    expect((await store.due("timer", 1_000, 40)).map(({ sk }) => sk)).toEqual(names.slice(0, 40));
    expect(read).toBe(40);
    expect((await store.due("timer", 1_000, 900, 60)).map(({ sk }) => sk)).toEqual(names.slice(50));
    expect(read).toBe(40 + 250);
  });

  test("what the index lists and is due no more takes no other row's place", async () => {
    const due = Array.from({ length: 60 }, (_, at): Put => ({ ...put(`row-${at}`), queue: "timer", due: 10 + at }));
    await store.commit(due);
    const old = new Map<string, Answer>();
    script = async (operation, request, forward) => {
      if (operation !== "Query") return forward();
      old.set(request, old.get(request) ?? (await forward()));
      return old.get(request)!;
    };
    const names = due.map(({ sk }) => sk);
    expect(await store.due("timer", 1_000, 20)).toHaveLength(20);
    await store.commit(names.slice(0, 15).map((sk) => ({ op: "delete", pk: "p", sk })));
    expect((await store.due("timer", 1_000, 20)).map(({ sk }) => sk)).toEqual(names.slice(15, 35));
  });

  test.each([
    ["AccessDeniedException", /AWS denies access\. Allow dynamodb:GetItem/],
    ["UnrecognizedClientException", /AWS refuses the credentials/],
    ["ResourceNotFoundException", /does not exist in this region/],
    ["ValidationException", /cannot be used \(ValidationException: scripted\)/],
  ])("%s is reported with what to do", async (type, message) => {
    script = async () => failed(type);
    for (const work of [() => store.list("p"), () => store.commit(two), () => store.get({ pk: "p", sk: "a" })]) {
      const error = await work().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(StoreError);
      expect((error as Error).message).toMatch(message);
    }
  });
});
