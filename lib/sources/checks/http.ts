// Health checks of endpoints: all of a source's addresses are asked side by side, and an event is found for each one
// that came up, went down, became slow or fast, or whose certificate is about to expire.
// Identity of an event: the endpoint, what was known of it before and after, and the round that asked.
import { sourceKinds } from "../../model/source-kinds.ts";
import type { Batch, Endpoint, ReadRequest, Source } from "../port.ts";
import { isMoveDue, openWindow, outcome } from "../reading/cursor.ts";
import { buildEvent } from "../reading/event.ts";
import { eventId } from "../reading/marks.ts";
import { emptySifted, type Sifted } from "../reading/sift.ts";
import { type Change, judge, type State } from "./judge.ts";
import { forgotten, type Known, nameOf, refreshed, remember, remembered } from "./memory.ts";
import { type Outcome, probe } from "./probe.ts";
import { createSlots, sideBySide } from "./slots.ts";

/** Probes of this process under way at once, whatever the sources. */
const SIDE_BY_SIDE = 50;
const slots = createSlots(SIDE_BY_SIDE);
/** Probes whose outcomes are committed together. */
const AT_ONCE = 250;
/** From the beginning of a probe to that of the next: many are spread over a sixth of the source's interval at most. */
const SPACING_MS = 10;

export const http: Source = { kind: "http", keepFor: 0, read };

async function* read(request: ReadRequest): AsyncGenerator<Batch> {
  const { cursor, now, every, scope, signal } = request;
  const known = remembered(openWindow(request).seen);
  const endpoints = await scope.endpoints();
  const named = new Set(endpoints.map(({ target }) => nameOf(target.id)));
  const wasUp = ({ target }: Endpoint) => known.get(nameOf(target.id))?.state === "up";
  // Those that may take their whole time wait for those that do not, and take turns: a look may end before all of them.
  const others = inTurns(
    endpoints.filter((one) => !wasUp(one)),
    Math.floor(now / every),
  );
  const inOrder = [...endpoints.filter(wasUp), ...others].filter(({ url }) => !(url instanceof Error));
  let rest = emptySifted();
  const pace = { spacing: Math.min(SPACING_MS, every / 6 / inOrder.length), atOnce: AT_ONCE, signal };
  const ask = (endpoint: Endpoint) => probe(endpoint, scope.probe!.timeout, now, signal);
  for await (const answered of sideBySide(inOrder, slots, pace, ask)) {
    if (hasNews(rest)) yield { ...rest, ...outcome(request, "more follows") };
    rest = judgeAll(request, answered, known);
  }
  for (const [name, one] of known) if (!named.has(name)) rest.found.push(removed(request, one));
  const unresolved = endpoints.map(({ url }) => url).find((url) => url instanceof Error);
  if (hasNews(rest) || isMoveDue(cursor, now)) {
    const changed = new Set([...rest.found.map(({ mark }) => mark.fp), ...rest.marks.map(({ fp }) => fp)]);
    const same = [...known].filter(([name]) => !changed.has(name)).map(([, one]) => one);
    rest.marks.unshift(...refreshed(same, now));
  }
  yield { ...rest, ...outcome(request, unresolved) };
  if (unresolved !== undefined) throw unresolved;
}

/**
 * Each look begins where the one before came to at least. Where that is the end, the first ones still have places for
 * their names that the last ones may wait for.
 */
function inTurns(endpoints: readonly Endpoint[], look: number): Endpoint[] {
  const step = endpoints.length > SIDE_BY_SIDE ? SIDE_BY_SIDE : 1;
  const first = (look * step) % Math.max(1, endpoints.length);
  return [...endpoints.slice(first), ...endpoints.slice(0, first)];
}

function hasNews({ found, marks }: Sifted): boolean {
  return found.length > 0 || marks.length > 0;
}

/** What is found in these outcomes; `known` learns it. An endpoint without one stays as it is. */
function judgeAll(
  request: ReadRequest,
  outcomes: readonly [Endpoint, Outcome | undefined][],
  known: Map<string, Known>,
): Sifted {
  const { now, scope } = request;
  const sifted = emptySifted();
  for (const [endpoint, answer] of outcomes) {
    if (answer === undefined) continue;
    const name = nameOf(endpoint.target.id);
    const before = known.get(name);
    const { next, change } = judge(before && stateOf(before), answer, scope.probe!, now);
    const after = knownOf(endpoint, next, now);
    sifted.stats.fetched++;
    if (change === undefined) sifted.stats.seen++;
    if (before !== undefined && isSame(before, after)) continue;
    known.set(name, after);
    const mark = remember(after);
    if (change === undefined) sifted.marks.push(mark);
    else sifted.found.push({ event: eventOf(request, endpoint, before, after, next, change, answer), mark });
  }
  return sifted;
}

function stateOf({ state, numbers }: Known): State {
  const [failures = 0, slowSince = 0, slow, expiring] = numbers;
  const word = state === "up" || state === "down" ? state : "";
  return { state: word, failures, slowSince, slow: slow === 1, expiring: expiring === 1 };
}

function knownOf({ target: { id, name = id } }: Endpoint, next: State, t: number): Known {
  const { state, failures, slowSince, slow, expiring } = next;
  return { id, name, state, numbers: [failures, slowSince, Number(slow), Number(expiring)], t };
}

function isSame(before: Known, after: Known): boolean {
  return before.state === after.state && before.numbers.join() === after.numbers.join();
}

function eventOf(
  request: ReadRequest,
  { target, url }: Endpoint,
  before: Known | undefined,
  after: Known,
  { slow, expiring }: State,
  { reason, level, message }: Change,
  { status, duration, error, days }: Outcome,
) {
  const { now } = request;
  const previous = before === undefined || before.state === "" ? null : before.state;
  const { origin, pathname } = new URL(url as string);
  return buildEvent({ ...request, target }, "http", {
    id: idOf(request, after.id, previous, after),
    t: now,
    count: 1,
    level,
    type: after.state,
    reason,
    message,
    resource: { type: sourceKinds.http.resourceType, id: after.id, name: after.name },
    raw: {
      url: `${origin}${pathname}`,
      status,
      duration,
      error,
      certificateDays: days,
      slow,
      expiring,
      previous,
      first: previous === null,
    },
  });
}

/** An endpoint that the configuration names no more: whatever it had is over. */
function removed(request: ReadRequest, known: Known): Sifted["found"][number] {
  const { id, name, state } = known;
  const event = buildEvent({ ...request, target: { id, name } }, "http", {
    id: idOf(request, id, state, { ...known, state: "gone" }),
    t: request.now,
    count: 1,
    level: "normal",
    type: "gone",
    reason: "gone",
    message: "The configuration names it no more",
    resource: { type: sourceKinds.http.resourceType, id, name },
    raw: { slow: false, expiring: false, previous: state === "" ? null : state, first: false },
  });
  return { event, mark: forgotten(id) };
}

function idOf({ stamp, now }: ReadRequest, id: string, previous: string | null, { state, numbers }: Known): string {
  return eventId("http", stamp.region, stamp.project, id, [previous, state, numbers, now], 0);
}
