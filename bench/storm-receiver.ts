// A webhook receiver in a process of its own: it counts the posts and the alerts in them, and
// reports to its parent when asked.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What came since the last question. Times in ms. */
export interface Received {
  posts: number;
  alerts: number;
  firstAt: number;
  lastAt: number;
}

/** Both bodies name each alert's start once. */
const ALERT = /"startsAt"/g;

let received: Received = nothing();
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("latin1")) body += chunk;
  received.posts++;
  received.alerts += body.match(ALERT)?.length ?? 0;
  received.lastAt = Date.now();
  if (received.posts === 1) received.firstAt = received.lastAt;
  response.writeHead(200).end();
});
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
process.on("message", (question) => {
  process.send!(received);
  if (question === "begin") received = nothing();
});

function nothing(): Received {
  return { posts: 0, alerts: 0, firstAt: 0, lastAt: 0 };
}
