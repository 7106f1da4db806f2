// How many messages a destination takes: tables of its buckets, what a wait teaches, and clocks that step.
import { describe, expect, it } from "vitest";
import { accepted, opensAt, putOff, taken, tokensOf } from "../../../../lib/app/delivery/limits/rate.ts";
import type { RateRow } from "../../../../lib/app/persistence/delivery-rows.ts";
import type { Rate } from "../../../../lib/channels/port.ts";

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

/** As many messages as the rates allow, each as soon as it may leave; when each left, ms after NOW. */
function sendFor(rates: readonly Rate[], ms: number): number[] {
  const sent: number[] = [];
  let row: RateRow | undefined;
  for (let now = NOW; now < NOW + ms; now = Math.max(now, opensAt(rates, row, now))) {
    expect(tokensOf(rates, row, now)).toBeGreaterThan(0);
    sent.push(now - NOW);
    row = taken(rates, row, now);
  }
  return sent;
}

/** The most messages that left within any `per`. */
function most(sent: readonly number[], per: number): number {
  return Math.max(...sent.map((from) => sent.filter((at) => at >= from && at < from + per).length));
}

describe("a destination's rate", () => {
  it.each<[name: string, rates: Rate[], atLeast: number]>([
    ["one message a second", [{ messages: 1, per: 1_000 }], 500],
    ["four a second", [{ messages: 4, per: 1_000 }], 1_500],
    ["eighteen a minute", [{ messages: 18, per: MINUTE }], 95],
    [
      "a hundred a minute and five a second",
      [
        { messages: 100, per: MINUTE },
        { messages: 5, per: 1_000 },
      ],
      500,
    ],
  ])("is used and never exceeded, in whatever window: %s", (_name, rates, atLeast) => {
    const sent = sendFor(rates, 10 * MINUTE);
    for (const { messages, per } of rates) expect(most(sent, per)).toBeLessThanOrEqual(messages);
    expect(sent.length).toBeGreaterThanOrEqual(atLeast);
  });

  it("is no limit where none is known", () => {
    expect(tokensOf(undefined, undefined, NOW)).toBe(Number.POSITIVE_INFINITY);
    expect(taken(undefined, undefined, NOW)).toBeUndefined();
  });

  it("is not exceeded by two processes whose clocks differ by seconds", () => {
    const rates = [{ messages: 1, per: 1_000 }];
    const ahead = taken(rates, undefined, NOW + 20_000)!;
    expect(tokensOf(rates, ahead, NOW)).toBe(0);
  });

  it("does not block after the clock was set back by an hour", () => {
    const rates = [{ messages: 18, per: MINUTE }];
    let row: RateRow | undefined;
    for (let at = 0; at < 9; at++) row = taken(rates, row, NOW);
    expect(tokensOf(rates, row, NOW)).toBe(0);
    expect(tokensOf(rates, row, NOW - 60 * MINUTE)).toBe(9);
    const paused = putOff(rates, undefined, 600_000, NOW);
    expect(tokensOf(rates, paused, NOW - 60 * MINUTE)).toBe(9);
  });
});

describe("a service that asks to wait", () => {
  const dingtalk = [{ messages: 18, per: MINUTE }];

  it("is given nothing for as long as it asks, where its rates are known", () => {
    const row = putOff(dingtalk, undefined, 600_000, NOW);
    expect([tokensOf(dingtalk, row, NOW + 599_999), opensAt(dingtalk, row, NOW)]).toEqual([0, NOW + 600_000]);
    expect(tokensOf(dingtalk, row, NOW + 600_000)).toBe(9);
  });

  it("teaches a pace for a minute, where they are not", () => {
    const row = putOff(undefined, undefined, 500, NOW);
    expect(opensAt(undefined, row, NOW)).toBe(NOW + 500);
    expect(tokensOf(undefined, row, NOW + 500)).toBe(1);
    const next = taken(undefined, row, NOW + 500)!;
    expect(opensAt(undefined, next, NOW + 500)).toBe(NOW + 1_100);
    expect(tokensOf(undefined, next, NOW + 500 + MINUTE)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is asked less and less often while it takes nothing, and as at first once it does", () => {
    let [row, now]: [RateRow | undefined, number] = [undefined, NOW];
    const waits = Array.from({ length: 10 }, () => {
      row = putOff(undefined, row, 1_000, now);
      const opens = opensAt(undefined, row, now);
      // Another one that was under way with it says nothing new.
      expect(opensAt(undefined, putOff(undefined, row, 1_000, now), now)).toBe(opens);
      const waited = opens - now;
      now = opens;
      return waited / 1_000;
    });
    expect(waits).toEqual([1, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    row = putOff(undefined, accepted(row!), 1_000, now);
    expect(opensAt(undefined, row, now)).toBe(now + 1_000);
  });

  it("waits for no longer than it asks while that is longer", () => {
    let [row, now]: [RateRow | undefined, number] = [undefined, NOW];
    for (let turn = 0; turn < 5; turn++) {
      row = putOff(dingtalk, row, 600_000, now);
      expect(opensAt(dingtalk, row, now)).toBe(now + 600_000);
      now += 600_000;
    }
  });

  it("holds up the others for a minute at most, where they are not: it may have meant one message alone", () => {
    expect(opensAt(undefined, putOff(undefined, undefined, 3_600_000, NOW), NOW)).toBe(NOW + MINUTE);
  });
});
