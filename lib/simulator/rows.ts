// How services, pools and training jobs look in their lists: the documented examples, with what is given filled in.
import { type JobRow, type PoolRow, type ServiceRow, utcSeconds } from "./shapes.ts";

export type NewService = Pick<ServiceRow, "service_id" | "service_name"> & Partial<ServiceRow>;

export interface NewPool {
  id: string;
  name: string;
  workspace?: string;
  nodes?: number;
  phase?: PoolRow["status"]["phase"];
}

export interface NewJob {
  id: string;
  name: string;
  workspace?: string;
  phase?: JobRow["status"]["phase"];
  /** ms */
  createdAt?: number;
}

export function serviceRow(row: NewService, now: number, projectId: string): ServiceRow {
  return {
    failed_times: 0,
    owner: projectId,
    infer_type: "real-time",
    description: "",
    project: projectId,
    invocation_times: 0,
    publish_at: now,
    transition_at: now,
    workspace_id: 0,
    is_shared: false,
    shared_count: 0,
    tenant: projectId,
    status: "running",
    ...row,
  };
}

export function poolRow(pool: Required<NewPool>, now: number): PoolRow {
  const flavor = "modelarts.bm.gpu.8v100";
  return {
    kind: "Pool",
    apiVersion: "v2",
    metadata: {
      name: pool.id,
      creationTimestamp: utcSeconds(now),
      labels: { "os.modelarts/name": pool.name, "os.modelarts/workspace.id": pool.workspace },
      annotations: { "os.modelarts/description": "", "os.modelarts/billing.mode": "0" },
    },
    spec: { type: "Dedicate", scope: ["Train", "Infer"], resources: [{ flavor, count: pool.nodes }] },
    status: {
      phase: pool.phase,
      message: "",
      scope: [
        { scopeType: "Train", state: "Enabled" },
        { scopeType: "Infer", state: "Enabled" },
      ],
      resources: { available: [{ flavor, count: pool.nodes }], abnormal: [] },
    },
  };
}

export function jobRow(job: Required<NewJob>): JobRow {
  return {
    kind: "job",
    metadata: {
      id: job.id,
      name: job.name,
      description: "",
      create_time: job.createdAt,
      workspace_id: job.workspace,
      user_name: "simulated-user",
    },
    status: { phase: job.phase, secondary_phase: job.phase, duration: 0, start_time: 0, tasks: ["worker-0"] },
    algorithm: {
      code_dir: "obs://simulated/code/",
      boot_file: "obs://simulated/code/train.py",
      engine: {
        engine_id: "pytorch-cp36-1.4.0-v2",
        engine_name: "PyTorch",
        engine_version: "PyTorch-1.4.0-python3.6-v2",
      },
    },
    spec: { resource: { flavor_id: "modelarts.vm.gpu.8v100", node_count: 1 } },
  };
}
