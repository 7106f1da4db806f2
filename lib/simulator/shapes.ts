// What the simulated cloud holds, in the very shapes its APIs answer with, so that an answer is a
// page and nothing more.

/** An event of a service. https://support.huaweicloud.com/en-us/api-modelarts/modelarts_03_0155.html */
export interface ServiceEvent {
  /** ms */
  occur_time: number;
  event_type: "normal" | "abnormal";
  event_info: string;
}

/** An update log of a service; `result` changes in place. */
export interface UpdateLog {
  /** ms */
  update_time: number;
  result: "RUNNING" | "SUCCESS" | "FAIL";
  config: Record<string, unknown>[];
}

export type ServiceStatus =
  | "running"
  | "deploying"
  | "concerning"
  | "failed"
  | "stopped"
  | "finished"
  | "stopping"
  | "deleting"
  | "pending"
  | "waiting";

/** A row of GET /v1/{project_id}/services. */
export interface ServiceRow {
  service_id: string;
  service_name: string;
  /** As the documented example has it: digits are a number. */
  workspace_id: string | number;
  status: ServiceStatus;
  infer_type: "real-time" | "batch";
  description: string;
  owner: string;
  project: string;
  tenant: string;
  /** ms */
  publish_at: number;
  transition_at: number;
  invocation_times: number;
  failed_times: number;
  is_shared: boolean;
  shared_count: number;
}

/**
 * An event of a resource pool; `count` and `lastTimestamp` grow in place.
 * https://support.huaweicloud.com/eu/api-modelarts/ListEvents.html
 */
export interface PoolEvent {
  kind: "Event";
  apiVersion: "v1";
  type: "Normal" | "Warning";
  /** RFC 3339, UTC, whole seconds. */
  firstTimestamp: string;
  lastTimestamp: string;
  count: number;
  reason: string;
  message: string;
}

type PoolPhase =
  | "Creating"
  | "Running"
  | "Abnormal"
  | "Deleting"
  | "Error"
  | "CreationFailed"
  | "ScalingFailed"
  | "Waiting";

/** An item of GET /v2/{project_id}/pools. */
export interface PoolRow {
  kind: "Pool";
  apiVersion: "v2";
  metadata: { name: string; creationTimestamp: string; labels: Record<string, string>; annotations: object };
  spec: { type: string; scope: string[]; resources: { flavor: string; count: number }[] };
  status: {
    phase: PoolPhase;
    message: string;
    scope: { scopeType: string; state: string }[];
    resources: { available: { flavor: string; count: number }[]; abnormal: { flavor: string; count: number }[] };
  };
}

/** An event of a training job: whole seconds, +08:00. */
export interface TrainingEvent {
  time: string;
  level: "Info" | "Warning" | "Error";
  message: string;
  source: "K8S" | "K8s" | "Job" | "Task";
}

export type JobPhase =
  | "Creating"
  | "Pending"
  | "Running"
  | "Failed"
  | "Completed"
  | "Terminating"
  | "Terminated"
  | "Abnormal";

/** An item of POST /v2/{project_id}/training-job-searches. */
export interface JobRow {
  kind: "job";
  metadata: {
    id: string;
    name: string;
    description: string;
    /** ms */
    create_time: number;
    workspace_id: string;
    user_name: string;
  };
  status: {
    phase: JobPhase;
    secondary_phase: string;
    /** ms */
    duration: number;
    start_time: number;
    tasks: string[];
    task_statuses?: { task: string; exit_code: number; message: string }[];
  };
  algorithm: { code_dir: string; boot_file: string; engine: Record<string, string> };
  spec: { resource: { flavor_id: string; node_count: number } };
}

export type CloudEyeLevel = "Critical" | "Major" | "Minor" | "Info";

/** One occurrence of a Cloud Eye event. https://support.huaweicloud.com/api-ces/ces_03_0075.html */
export interface CloudEyeEvent {
  event_id: string;
  event_name: string;
  event_source: string;
  /** ms */
  time: number;
  detail: {
    content: string;
    group_id: string;
    resource_id: string;
    resource_name: string;
    event_state: "normal" | "warning" | "incident";
    event_level: CloudEyeLevel;
    event_user: string;
    event_type: "EVENT.SYS" | "EVENT.CUSTOM";
    dimensions: { name: string; value: string }[];
  };
}

/** RFC 3339 in UTC with whole seconds, as pools write it. */
export function utcSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 at +08:00 with whole seconds, as training jobs write it. */
export function beijingSeconds(time: number): string {
  return `${new Date(time + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}
