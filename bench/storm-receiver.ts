// A webhook receiver in a process of its own: it counts the posts and the alerts in them, and
// reports to its parent when asked.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What came since it was told to begin. Times in ms. */
export interface Received {
  posts: number;
  /** Each once. */
  alerts: number;
  /** Alerts that came once more, and those of them that came under another id. */
  again: number;
  renamed: number;
  firstAt: number;
  lastAt: number;
}

/** Both notifiers' bodies hold one alert each and name it so. */
const ALERT = /Failed to pull image (\d+)/;

let received: Received = nothing();
/** The id that each alert came under; Alertmanager has none. */
let ids = new Map<string, string | undefined>();
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("latin1")) body += chunk;
  note(ALERT.exec(body)![1]!, request.headers["webhook-id"]?.toString());
  response.writeHead(200).end();
});
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
process.on("message", (question) => {
  process.send!(received);
  if (question !== "begin") return;
  received = nothing();
  ids = new Map();
});

function note(alert: string, id: string | undefined): void {
  received.posts++;
  received.lastAt = Date.now();
  if (received.posts === 1) received.firstAt = received.lastAt;
  if (!ids.has(alert)) {
    ids.set(alert, id);
    received.alerts++;
    return;
  }
  received.again++;
  if (ids.get(alert) !== id) received.renamed++;
}

function nothing(): Received {
  return { posts: 0, alerts: 0, again: 0, renamed: 0, firstAt: 0, lastAt: 0 };
}
