// What a row of a list says of its target's health, beyond what names it.
import * as z from "zod";
import { type SourceKind, sourceKinds } from "../../model/source-kinds.ts";
import type { Target } from "../port.ts";
import { Whole } from "../reading/item.ts";
import { fingerprint } from "../reading/marks.ts";

export interface Look {
  target: Target;
  /** The API's own word; undefined where the row has none. */
  state: string | undefined;
  /** Of a pool: how many of its nodes are abnormal. */
  nodes: number;
  /** What the API says about the state. */
  detail: string | undefined;
  raw: unknown;
}

const UNKNOWN = "~";

const Word = z.string().optional().catch(undefined);
const Pool = z
  .object({
    status: z.object({
      message: Word,
      resources: z
        .object({ abnormal: z.array(z.object({ count: Whole.catch(0) }).catch({ count: 0 })).catch([]) })
        .catch({ abnormal: [] }),
    }),
  })
  .catch({ status: { message: undefined, resources: { abnormal: [] } } });
const Job = z
  .object({
    status: z.object({
      task_statuses: z
        .array(z.object({ message: Word, exit_code: z.number().optional().catch(undefined) }).catch({}))
        .catch([]),
    }),
  })
  .catch({ status: { task_statuses: [] } });

const DETAILS: { [kind in SourceKind]?: (raw: unknown) => Pick<Look, "nodes" | "detail"> } = {
  "pool-status": ofPool,
  "job-status": ofJob,
};

export function lookAt(kind: SourceKind, target: Target, raw: unknown): Look {
  const { nodes, detail } = DETAILS[kind]?.(raw) ?? { nodes: 0, detail: undefined };
  const state = target.status === "" ? undefined : target.status;
  return { target, state, nodes, detail: detail === "" ? undefined : detail, raw };
}

/** A state as it is remembered: of a word that nobody documented no more than whether it is the same. */
export function stateName(kind: SourceKind, state: string): string {
  return sourceKinds[kind].words?.some(({ type }) => type === state) ? state : `${UNKNOWN}${fingerprint([state])}`;
}

/** A remembered state in words for people. */
export function stateWord(name: string): string {
  return name.startsWith(UNKNOWN) ? "unknown" : name;
}

function ofPool(raw: unknown): Pick<Look, "nodes" | "detail"> {
  const { message, resources } = Pool.parse(raw).status;
  return { nodes: resources.abnormal.reduce((sum, { count }) => sum + count, 0), detail: message };
}

function ofJob(raw: unknown): Pick<Look, "nodes" | "detail"> {
  const failed = Job.parse(raw).status.task_statuses.find(({ exit_code = 0 }) => exit_code !== 0);
  const detail = failed && [`exit code ${failed.exit_code}`, failed.message].filter((part) => part).join(", ");
  return { nodes: 0, detail };
}
