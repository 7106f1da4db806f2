// A stand-in for the chat services and pagers of a configuration: takes every message and answers
// in the receiver's own terms.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { lookup } from "../model/lookup.ts";

/** How each channel type says that it took a message. */
const ACCEPTED: Record<string, { status: number; body: string }> = {
  slack: { status: 200, body: "ok" },
  feishu: { status: 200, body: '{"code":0,"msg":"success"}' },
  dingtalk: { status: 200, body: '{"errcode":0,"errmsg":"ok"}' },
  wecom: { status: 200, body: '{"errcode":0,"errmsg":"ok"}' },
  teams: { status: 202, body: "" },
  pagerduty: { status: 202, body: '{"status":"success"}' },
  webhook: { status: 204, body: "" },
};

export interface Receiver {
  /** The types of channels that it stands in for. */
  types: readonly string[];
  /** Where a channel of that type sends to. */
  urlFor(type: string): string;
  close(): Promise<void>;
}

/** Listens on loopback, by default on any free port; `received` is called for every message. */
export async function startReceiver(received: (type: string, body: string) => void, asked = 0): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const type = (request.url ?? "/").slice(1).split("?")[0] ?? "";
    received(type, await readText(request));
    const { status, body } = lookup(ACCEPTED, type) ?? { status: 404, body: "" };
    response.writeHead(status, { "content-type": body.startsWith("{") ? "application/json" : "text/plain" }).end(body);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(asked, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    types: Object.keys(ACCEPTED),
    urlFor: (type) => `http://127.0.0.1:${port}/${type}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) if (text.length < 1_000_000) text += chunk;
  return text;
}
