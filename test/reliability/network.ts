// Puts every request that a simulated process sends in its turn, at the one door that all of them
// take: the platform's fetch.
import { currentProc } from "./conductor.ts";
import { sendByFetch } from "./network-fetch.ts";

export type Receiver = (request: { path: string; headers: Headers; body: string }) => Response;

const send = globalThis.fetch;
const receivers = new Map<string, Receiver>();
let receiverCount = 0;

sendByFetch(() => currentProc() !== undefined);
globalThis.fetch = (input, init = {}) => {
  const proc = currentProc();
  if (proc === undefined) return send(input, init);
  const url = new URL(String(input));
  const receiver = receivers.get(url.host);
  const what = `${receiver ? "send" : "ask"} ${init.method ?? "GET"} ${url.pathname}`;
  return proc.call(what, async () => {
    if (receiver === undefined) return whole(await send(input, init));
    return receiver({ path: url.pathname, headers: new Headers(init.headers), body: String(init.body ?? "") });
  });
};

/** The answer with its body read, so that the turn ends with the last byte. */
async function whole(response: Response): Promise<Response> {
  const { status, headers } = response;
  const body = await response.arrayBuffer();
  return new Response(body.byteLength === 0 ? null : body, { status, headers });
}

/** Where `receiver` is reached, by simulated processes only; `close` takes it off the net. */
export function listen(receiver: Receiver): { url: string; close(): void } {
  const host = `receiver-${++receiverCount}.test`;
  receivers.set(host, receiver);
  return { url: `http://${host}`, close: () => void receivers.delete(host) };
}
