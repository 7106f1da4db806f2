// What one seed has to bear: how the cloud behaves, how Lookout is run, and how often what goes wrong. Not every seed
// has everything, so that rare combinations get their turn.
import type { Random } from "../../lib/simulator/random.ts";
import type { Switches } from "../../lib/simulator/switches.ts";

const MODES = ["once", "functions", "daemon"] as const;

/** Chances: of a request or call for the first block, of a step for the last. */
export interface Rates {
  apiError: number;
  apiThrottled: number;
  apiReset: number;
  apiCut: number;
  apiHtml: number;
  apiWrongBodies: number;
  apiSlow: number;
  channelError: number;
  channelThrottled: number;
  channelReset: number;
  /** The receiver takes it, and its answer is lost. */
  channelLostAnswer: number;
  channelPermanent: number;
  /** The store refuses, having done nothing. */
  storeError: number;
  lostRing: number;

  /** Of items: they come in a shape that nobody can read. */
  spoilt: number;

  crash: number;
  stop: number;
  /** Lookout is not running at all for up to three hours. */
  downtime: number;
  /** The cloud answers nothing for up to three hours. */
  outage: number;
  /** For some minutes every page is the first one. */
  repeatedPages: number;
  /** The detail API of Cloud Eye comes and goes. */
  detailFlips: number;
  reload: number;
  clockStep: number;
  /** Two processes do the same at the same time. */
  overlap: number;
}

export interface Profile {
  mode: (typeof MODES)[number];
  switches: Partial<Switches>;
  /** The largest page the cloud gives. */
  pageSize: number | undefined;
  /** Commits are made as small as DynamoDB's and smaller, so that slices, and rules within an event, are exercised. */
  commitItems: number | undefined;
  /** Up to so long takes every call of the store; ms. */
  storeLatency: number;
  /** Up to so long takes every request; ms. */
  netLatency: number;
  /** How far the local clock may be off; ms. */
  clockError: number;
  rates: Rates;
}

const HIGHEST: Rates = {
  apiError: 0.1,
  apiThrottled: 0.05,
  apiReset: 0.1,
  apiCut: 0.05,
  apiHtml: 0.03,
  apiWrongBodies: 0.03,
  apiSlow: 0.03,
  channelError: 0.2,
  channelThrottled: 0.1,
  channelReset: 0.1,
  channelLostAnswer: 0.1,
  channelPermanent: 0.05,
  storeError: 0.003,
  lostRing: 0.3,
  spoilt: 0.05,
  crash: 0.3,
  stop: 0.1,
  downtime: 0.02,
  outage: 0.02,
  repeatedPages: 0.03,
  detailFlips: 0.05,
  reload: 0.05,
  clockStep: 0.1,
  overlap: 0.2,
};

/** Drawn from a stream of its own: taking a fault away changes nothing else of the run. */
export function drawProfile(random: Random): Profile {
  const rates = Object.fromEntries(
    Object.entries(HIGHEST).map(([name, most]) => {
      const share = random.chance(0.4) ? 0 : random.next() ** 2;
      return [name, Number((most * share).toPrecision(2))];
    }),
  ) as unknown as Rates;
  const pageSize = random.chance(0.5) ? random.int(3, 30) : undefined;
  // A cut page that is all there is to be had, whatever is asked: nobody could find the rest.
  if (pageSize !== undefined) rates.repeatedPages = 0;
  return {
    mode: random.pick(MODES),
    switches: {
      serviceOffset: random.pick(["page", "record"]),
      jobOffset: random.pick(["page", "record"]),
      cloudEyeStart: random.pick(["page", "record"]),
      poolPaging: random.pick(["continue", "offset"]),
      poolTime: random.pick(["s", "ms"]),
      bounds: random.pick(["inclusive", "exclusive"]),
      cloudEyeDetail: random.chance(0.3) ? "absent" : "present",
    },
    pageSize,
    commitItems: random.chance(0.3) ? random.int(20, 60) : undefined,
    storeLatency: random.chance(0.5) ? random.pick([5, 50, 500]) : 0,
    netLatency: random.pick([0, 20, 300, 2_000]),
    clockError: rates.clockStep > 0 ? 20_000 : 0,
    rates,
  };
}
