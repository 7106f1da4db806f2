// DynamoDB Local behind what it lacks of the service: each call takes a while longer, and what it consumed is counted
// in the units that are billed.
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { wallClock } from "../../lib/app/clock.ts";
import { startHttpServer } from "../../test/support/http-server.ts";

/** What was asked of the table. */
export interface Consumed {
  calls: number;
  readUnits: number;
  writeUnits: number;
  /** How many calls of each operation. */
  byOperation: Record<string, number>;
}

export interface DynamoProxy {
  url: string;
  /** What was consumed since the last call. */
  take(): Consumed;
  close(): Promise<void>;
}

interface Capacity {
  CapacityUnits?: number;
  GlobalSecondaryIndexes?: Record<string, { CapacityUnits: number }>;
}

/** `latency` gives by how many ms a call is slower. */
export async function startDynamoProxy(endpoint: string, latency: () => number): Promise<DynamoProxy> {
  const agent = new Agent({ keepAlive: true });
  let consumed = nothing();
  const { url, close } = await startHttpServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    const isCounted = /^(Get|BatchGet|Put|Update|Delete|TransactGet|TransactWrite|BatchWrite)Item|^Query|^Scan/;
    const body = isCounted.test(operation)
      ? JSON.stringify({ ...JSON.parse(text), ReturnConsumedCapacity: "INDEXES" })
      : text;
    await wallClock.sleep(latency());
    const headers = { ...request.headers, host: new URL(endpoint).host, "content-length": Buffer.byteLength(body) };
    const asked = httpRequest(endpoint, { method: "POST", headers, agent });
    asked.end(body);
    const [answer] = await once(asked, "response");
    const answered = Buffer.concat(await answer.toArray());
    consumed.calls++;
    consumed.byOperation[operation] = (consumed.byOperation[operation] ?? 0) + 1;
    const { ConsumedCapacity } = JSON.parse(answered.toString()) as { ConsumedCapacity?: Capacity | Capacity[] };
    const isWrite = /Put|Update|Delete|Write/.test(operation);
    for (const { CapacityUnits = 0, GlobalSecondaryIndexes = {} } of [ConsumedCapacity ?? []].flat()) {
      const ofIndexes = Object.values(GlobalSecondaryIndexes).reduce((sum, one) => sum + one.CapacityUnits, 0);
      // Of a transaction DynamoDB Local leaves the indexes out of the sum.
      if (isWrite) consumed.writeUnits += CapacityUnits + (operation === "TransactWriteItems" ? ofIndexes : 0);
      // What finds nothing costs as much as the smallest row, which DynamoDB Local leaves out.
      else consumed.readUnits += Math.max(CapacityUnits, text.includes('"ConsistentRead":true') ? 1 : 0.5);
    }
    response.writeHead(answer.statusCode, { "Content-Type": "application/x-amz-json-1.0" }).end(answered);
  });
  return {
    url,
    take() {
      const taken = consumed;
      consumed = nothing();
      return taken;
    },
    async close() {
      await close();
      agent.destroy();
    },
  };
}

function nothing(): Consumed {
  return { calls: 0, readUnits: 0, writeUnits: 0, byOperation: {} };
}
