// Lets what channels send take the door that simulations watch, the platform's fetch, as long as a simulation is at it:
// the worker runs other tests, too.
import { network } from "../../lib/channels/http/exchange.ts";

/** From now on what is sent while `watched` says so goes through fetch. */
export function sendByFetch(watched: () => boolean): void {
  const { exchange } = network;
  network.exchange = async (url, request, options) => {
    if (!watched()) return exchange(url, request, options);
    const { method, headers, body } = request;
    const response = await fetch(url, { method, headers, ...(method === "GET" ? {} : { body }), redirect: "manual" });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };
}
