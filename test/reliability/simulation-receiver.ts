// Everyone who is notified: takes notifications, sometimes refuses them or lets its answer get lost, and checks what it
// is notified against what is recorded at that very moment.
import type { Notification } from "../../lib/model/notification.ts";
import type { Random } from "../../lib/simulator/random.ts";
import { connectionReset } from "./simulation-cloud.ts";
import type { Process } from "./simulation-process.ts";
import type { Profile } from "./simulation-profile.ts";
import type { VirtualTime } from "./simulation-time.ts";
import type { Witness } from "./simulation-witness.ts";

export interface Accepted {
  /** The request's path: `/ops`. */
  to: string;
  /** `webhook-id` */
  id: string;
  notification: Notification;
}

/** What the pager got, repeats left out. */
export interface Incident {
  /** The alert's id. */
  alert: string;
  action: "trigger" | "resolve";
}

export interface Receiver {
  stormy: boolean;
  /** The first acceptance of each id, in order. */
  accepted: Accepted[];
  incidents: Incident[];
  repeats: number;
  fetch(url: URL, init: RequestInit, sender: Process): Promise<Response>;
}

export function createReceiver(random: Random, profile: Profile, time: VirtualTime, witness: Witness): Receiver {
  const { rates, netLatency } = profile;
  /** By id: what was sent, by whom last, and whether that answer was lost on the way. */
  const known = new Map<string, { body: string; by: Process; lost: boolean }>();

  /** An alert that late input opens again has its incident triggered again, once it was resolved. */
  function incidentId(alert: string, action: Incident["action"]): string {
    const own = receiver.incidents.filter((one) => one.alert === alert);
    const round = own.length - (own.at(-1)?.action === action ? 1 : 0);
    return `${alert} ${action} ${round}`;
  }

  async function fetch(url: URL, init: RequestInit, sender: Process): Promise<Response> {
    const chance = (rate: number) => random.chance(rate) && receiver.stormy;
    const wait = () => time.sleep(netLatency === 0 ? 0 : random.int(0, netLatency));
    const body = String(init.body);
    const { dedup_key, event_action } = JSON.parse(body);
    const id = new Headers(init.headers).get("webhook-id") ?? incidentId(dedup_key, event_action);
    await wait();
    if (chance(rates.channelReset)) throw connectionReset();
    if (chance(rates.channelThrottled)) {
      const after: Record<string, string> = random.chance(0.5) ? { "retry-after": String(random.int(1, 1_200)) } : {};
      return new Response("slow down", { status: 429, headers: after });
    }
    if (chance(rates.channelError)) return new Response("oops", { status: random.pick([500, 503]) });
    if (url.pathname === "/ops" && !known.has(id) && chance(rates.channelPermanent)) {
      return new Response("not like this", { status: 400 });
    }
    const lost = chance(rates.channelLostAnswer);
    accept(url.pathname, id, body, sender, lost);
    await wait();
    if (lost) throw connectionReset();
    return Response.json({ status: "success" }, { status: 202 });
  }

  function accept(to: string, id: string, body: string, sender: Process, lost: boolean): void {
    const earlier = known.get(id);
    known.set(id, { body, by: sender, lost });
    if (earlier !== undefined) {
      receiver.repeats++;
      if (!earlier.lost && !earlier.by.dead && !earlier.by.stumbled) {
        witness.violation(`delivery ${id} arrived twice though its sender got the answer and lived`);
      }
      if (earlier.body !== body) witness.violation(`delivery ${id} was repeated with another body`);
      return;
    }
    const content = JSON.parse(body);
    if (to === "/pager") {
      receiver.incidents.push({ alert: content.dedup_key, action: content.event_action });
      return;
    }
    const notification = content as Notification;
    witness.notified(id, notification);
    receiver.accepted.push({ to, id, notification });
  }

  const receiver: Receiver = { stormy: true, accepted: [], incidents: [], repeats: 0, fetch };
  return receiver;
}
