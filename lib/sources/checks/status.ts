// Health checks of services, pools and training jobs: one look at a whole list, and an event for each state that
// changed. Invariant: of a list that was not read whole nothing is found, and a target is gone only after it was
// missing several times in a row.
// Identity of an event: the target, its state before and after, and the look that saw it.
import { levelOfWord, type SourceKind, sourceKinds } from "../../model/source-kinds.ts";
import { CloudError } from "../cloud/client.ts";
import { createTurns } from "../cloud/turns.ts";
import { listAll } from "../discovery.ts";
import type { Batch, Mark, ReadRequest, Source, Target } from "../port.ts";
import { isMoveDue, openWindow, outcome, type Window } from "../reading/cursor.ts";
import { buildEvent } from "../reading/event.ts";
import { eventId } from "../reading/marks.ts";
import { emptySifted, type Sifted, siftBad } from "../reading/sift.ts";
import { forgotten, type Known, nameOf, refreshed, remember, remembered } from "./memory.ts";
import { type Look, lookAt, stateName, stateWord } from "./rows.ts";

/** Missing in so many lists in a row, a target is gone: a page that shifts, or one empty answer, is no end. */
const MISSES = 3;
/** How long a job that ended is remembered: what ended before is of no interest; ms. */
const ENDED_MS = 86_400_000;
/** Targets of one source: so many fit into a row of the store. */
const MAX_WATCHED = 10_000;
const GONE = "gone";

export const serviceStatus: Source = {
  kind: "service-status",
  keepFor: 0,
  read: (request) => read(request, "service-status"),
};
export const poolStatus: Source = { kind: "pool-status", keepFor: 0, read: (request) => read(request, "pool-status") };
export const jobStatus: Source = { kind: "job-status", keepFor: 0, read: (request) => read(request, "job-status") };

/**
 * A row of the list: of a target that is watched, of one that another source watches from now on, of another one, or of
 * none that could be understood.
 */
type Row = { look: Look; known: Known | undefined } | { left: Known } | { bad: unknown } | undefined;

/** One look at the list, and what it has found so far. */
interface Reading {
  request: ReadRequest;
  kind: SourceKind;
  window: Window;
  known: ReadonlyMap<string, Known>;
  sifted: Sifted;
}

async function* read(request: ReadRequest, kind: SourceKind): AsyncGenerator<Batch> {
  const { cursor, now } = request;
  const window = openWindow(request);
  const known = remembered(window.seen);
  const rows = await listRows(request, kind, window, known);
  const sifted = emptySifted();
  const reading: Reading = { request, kind, window, known, sifted };
  const shown = new Set<string>();
  const ended: Mark[] = [];
  const tally = new Map<string, number>();
  const turn = createTurns();
  let isWhole = true;
  for (const row of rows) {
    await turn();
    if (row === undefined) continue;
    sifted.stats.fetched++;
    if ("bad" in row) {
      isWhole = false;
      siftBad(
        request,
        window,
        { ok: false, t: undefined, reason: "the row names no target", raw: row.bad },
        tally,
        sifted,
      );
      continue;
    }
    if ("left" in row) {
      // It goes on there: nothing is over.
      shown.add(nameOf(row.left.id));
      sifted.marks.push(forgotten(row.left.id));
      continue;
    }
    shown.add(nameOf(row.look.target.id));
    see(reading, row.look, row.known);
    if (row.known && isOver(row.look, window)) ended.push(forgotten(row.known.id));
  }
  // A row that could not be understood may be any target's.
  if (isWhole) missed(reading, shown);
  const writes = sifted.found.length > 0 || sifted.marks.length > 0 || isMoveDue(cursor, now);
  const changed = new Set([...sifted.found.map(({ mark }) => mark.fp), ...sifted.marks.map(({ fp }) => fp)]);
  const same = [...known.values()].filter(({ id }) => !changed.has(nameOf(id)));
  const marks = writes ? [...refreshed(same, now), ...sifted.marks, ...ended] : [];
  yield { ...sifted, marks, ...outcome(request, undefined) };
}

/** The rows of all workspaces; of what did not change no more is held than its id. */
async function listRows(
  request: ReadRequest,
  kind: SourceKind,
  window: Window,
  known: ReadonlyMap<string, Known>,
): Promise<Row[]> {
  const { client, scope, signal, redact } = request;
  const options = { workspaces: scope.workspaces, signal, ...(redact && { redact }) };
  let watched = 0;
  return listAll(sourceKinds[kind].lists!, client, options, (target, raw): Row => {
    if (target === undefined) return { bad: raw };
    const before = known.get(nameOf(target.id));
    const own = scope.pick(target, before !== undefined);
    if (own === "elsewhere" && before !== undefined) return { left: before };
    if (own === undefined || own === "elsewhere") return undefined;
    const look = lookAt(kind, own, raw);
    if (before === undefined && isOver(look, window)) return undefined;
    if (++watched > MAX_WATCHED) {
      const hint = "divide them among several sources by discover.name, or name the targets";
      throw new CloudError("endless", `the list has more than ${MAX_WATCHED} targets to watch: ${hint}`);
    }
    return { look: hasChanged(kind, look, before) ? look : { ...look, raw: undefined }, known: before };
  });
}

/** Whether a job ended so long ago that it is remembered no more. */
function isOver({ target }: Look, { floor, from }: Window): boolean {
  const end = target.endedAt ?? target.createdAt;
  return target.ended === true && end !== undefined && end < Math.max(floor, from - ENDED_MS);
}

function hasChanged(kind: SourceKind, { state, nodes }: Look, known: Known | undefined): boolean {
  if (state === undefined) return false;
  return known === undefined || known.state !== stateName(kind, state) || nodesOf(known) !== nodes;
}

function missesOf({ numbers }: Known): number {
  return numbers[0] ?? 0;
}

function nodesOf({ numbers }: Known): number {
  return numbers[1] ?? 0;
}

/** A target that the list shows. */
function see(reading: Reading, look: Look, known: Known | undefined): void {
  const { request, kind, sifted } = reading;
  const { target, state, nodes } = look;
  if (state === undefined || !hasChanged(kind, look, known)) {
    sifted.stats.seen++;
    if (known && missesOf(known) > 0)
      sifted.marks.push(remember({ ...known, numbers: [0, nodesOf(known)], t: request.now }));
    return;
  }
  const { id, name = id } = target;
  find(reading, target, known, { id, name, state: stateName(kind, state), numbers: [0, nodes], t: request.now }, look);
}

/** What is remembered, or named, and not in the list. */
function missed(reading: Reading, shown: ReadonlySet<string>): void {
  const { request, known, sifted } = reading;
  const { named } = request.scope;
  const unknown = named.filter((id) => !known.has(nameOf(id)));
  const fresh = unknown.map((id): Known => ({ id, name: id, state: "", numbers: [], t: request.now }));
  for (const one of [...known.values(), ...fresh]) {
    if (shown.has(nameOf(one.id))) continue;
    const isNamed = named.includes(one.id);
    if (one.state === GONE) {
      if (!isNamed) sifted.marks.push(forgotten(one.id));
      continue;
    }
    const misses = missesOf(one) + 1;
    if (misses < MISSES) {
      sifted.marks.push(remember({ ...one, numbers: [misses, nodesOf(one)], t: request.now }));
      continue;
    }
    const { id, name } = one;
    const own = request.scope.pick({ id, name }, true);
    const target = typeof own === "object" ? own : { id, name };
    find(reading, target, one, { ...one, state: GONE, numbers: [], t: request.now }, undefined, isNamed);
  }
}

/** An event for what changed, with the memory that goes with it. Without a look the target is gone. */
function find(
  { request, kind, sifted }: Reading,
  target: Target,
  known: Known | undefined,
  next: Known,
  look: Look | undefined,
  isNamed = true,
): void {
  const { stamp, now } = request;
  const before = known === undefined || known.state === "" ? undefined : known;
  const fields = [before?.state ?? null, before?.numbers[1] ?? 0, next.state, next.numbers[1] ?? 0, now];
  const event = buildEvent({ ...request, target }, kind, {
    id: eventId(kind, stamp.region, stamp.project, target.id, fields, 0),
    t: now,
    count: 1,
    level: look === undefined ? (isNamed ? "warning" : "normal") : levelOf(kind, look),
    type: look?.state ?? GONE,
    reason: reasonOf(before, next, look),
    message: messageOf(before, next, look),
    resource: { type: sourceKinds[kind].resourceType, id: target.id, name: next.name },
    raw: {
      ...(look?.raw as object | undefined),
      ...(kind === "pool-status" ? { abnormalNodes: look?.nodes ?? 0 } : {}),
      previous: before === undefined ? null : stateWord(before.state),
      first: before === undefined,
    },
  });
  sifted.found.push({ event, mark: look || isNamed ? remember(next) : forgotten(next.id) });
}

/** A pool that runs with abnormal nodes is no normal one. */
function levelOf(kind: SourceKind, { state, nodes }: Look): ReturnType<typeof levelOfWord> {
  const level = levelOfWord(kind, state);
  return level === "normal" && nodes > 0 ? "warning" : level;
}

function reasonOf(before: Known | undefined, next: Known, look: Look | undefined): string {
  if (look === undefined) return GONE;
  return before?.state === next.state ? "nodes" : "state";
}

function messageOf(before: Known | undefined, next: Known, look: Look | undefined): string {
  const was = before && stateWord(before.state);
  if (look === undefined) {
    return was === undefined ? "Not in the list" : `Not in the list any more; its last state was ${was}`;
  }
  const change = was === undefined || before?.state === next.state ? `${look.state}` : `${was} → ${look.state}`;
  const nodes = look.nodes > 0 || (before && nodesOf(before) > 0) ? `${look.nodes} abnormal nodes` : undefined;
  return [change, nodes, look.detail].filter((part) => part !== undefined).join(": ");
}
