// Calls one built handler as Lambda does, in a process of its own: `invoke.ts FILE EVENT
// REMAINING_MS` prints what it returns.
import { pathToFileURL } from "node:url";
import type { LambdaHandler } from "../../lib/aws/middleware.ts";

// A clock that is ahead lets time pass between two invocations.
const realNow = Date.now;
Date.now = () => realNow() + Number(process.env["AHEAD"] ?? 0);

const [file = "", event = "", remaining = ""] = process.argv.slice(2);
const deadline = performance.now() + Number(remaining);
const { handler } = (await import(pathToFileURL(file).href)) as { handler: LambdaHandler };
const result = await handler(JSON.parse(event), {
  awsRequestId: "request-1",
  functionName: "lookout-test",
  getRemainingTimeInMillis: () => deadline - performance.now(),
});
console.log(JSON.stringify(result ?? null));
