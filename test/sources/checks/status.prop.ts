// A check against random lists over time, with crashes between two commits and lists that fail half way: each change of
// state that a whole list showed is found exactly once.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "../../../lib/model/event.ts";
import { serviceStatus } from "../../../lib/sources/checks/status.ts";
import { CloudError } from "../../../lib/sources/cloud/client.ts";
import { createCloud, createPoller, type Poller, poll } from "../support.ts";

const START = Date.parse("2026-11-20T10:00:00.000Z");
const MINUTE = 60_000;
const MISSES = 3;

const look = fc.record({
  /** Each service's state; undefined: it is not in the list. */
  states: fc.tuple(...Array.from({ length: 4 }, () => fc.constantFrom("running", "failed", "stopped", undefined))),
  after: fc.integer({ min: 1, max: 90 }),
  slice: fc.integer({ min: 1, max: 3 }),
  dieAfter: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  fails: fc.boolean(),
});

type Looked = typeof look extends fc.Arbitrary<infer T> ? T : never;

/** What is known of a service by what was found. */
interface Known {
  state: string;
  misses: number;
}

/** What a whole list of these states leads to. */
function dueOf(states: Looked["states"], known: ReadonlyMap<string, Known>): string[] {
  return states.flatMap((status, index): string[] => {
    const before = known.get(`s${index}`);
    if (status !== undefined) return before?.state === status ? [] : [`s${index} ${status}`];
    return before !== undefined && before.misses + 1 >= MISSES ? [`s${index} gone`] : [];
  });
}

/** One look through the adapter; false where the list failed. */
async function lookOnce(poller: Poller, now: number, { states, slice, dieAfter, fails }: Looked): Promise<boolean> {
  const cloud = createCloud({ cap: 2 });
  cloud.world.lists.services = states.flatMap((status, index) =>
    status === undefined ? [] : [{ service_id: `s${index}`, service_name: `s${index}`, status }],
  );
  const whole = cloud.request;
  let asked = 0;
  cloud.request = async (request) => {
    if (fails && ++asked === 2) throw new CloudError("server", "HTTP 500");
    return whole(request);
  };
  const options = { floor: START, now, slice, ...(dieAfter === undefined ? {} : { dieAfter }) };
  return poll(serviceStatus, cloud, poller, options).then(
    () => true,
    () => false,
  );
}

function learn(known: Map<string, Known>, found: readonly Event[]): void {
  for (const { resource, type, data } of found) {
    const before = known.get(resource.id);
    expect(data).toMatchObject({ previous: before?.state ?? null, first: before === undefined });
    if (type === "gone") known.delete(resource.id);
    else known.set(resource.id, { state: type, misses: 0 });
  }
}

/** One look, judged by what was known before, which learns from it. */
async function judgeLook(poller: Poller, known: Map<string, Known>, now: number, one: Looked): Promise<void> {
  const before = poller.emitted.length;
  const isRead = await lookOnce(poller, now, one);
  const found = poller.emitted.slice(before);
  const seen = found.map(({ resource, type }) => `${resource.id} ${type}`);
  const due = isRead ? dueOf(one.states, known) : [];
  learn(known, found);
  // An event is its own, whatever it says.
  expect(new Set(poller.emitted.map(({ id }) => id)).size).toBe(poller.emitted.length);
  const isCut = isRead && poller.lastReadAt !== now;
  // Of a look that was cut short no more than its beginning.
  if (isCut) expect(seen.filter((name) => !due.includes(name))).toEqual([]);
  else expect(seen.toSorted()).toEqual(due.toSorted());
  if (isCut || !isRead) return;
  for (const [index, status] of one.states.entries()) {
    const service = known.get(`s${index}`);
    if (service) service.misses = status === undefined ? service.misses + 1 : 0;
  }
  // The memory holds what is known, and no more.
  expect(poller.cursor!.seen.split(";").filter((mark) => mark !== "")).toHaveLength(known.size);
}

test("each change exactly once, whatever fails or dies on the way", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(look, { minLength: 1, maxLength: 15 }), async (looks) => {
      const poller = createPoller();
      const known = new Map<string, Known>();
      let now = START;
      for (const one of looks) {
        now += one.after * MINUTE;
        await judgeLook(poller, known, now, one);
      }
    }),
    { numRuns: 300 },
  );
});
