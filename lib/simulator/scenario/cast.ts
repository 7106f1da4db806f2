// Who takes part in a simulated day: the services, pools and machines, and what can befall the machines.
import type { CloudEyeEvent, CloudEyeLevel } from "../shapes.ts";

export const SERVICES = [
  { name: "fraud-scoring", model: "fraud-net 2.4.0" },
  { name: "invoice-ocr", model: "ocr-invoice 1.8.2" },
  { name: "chat-assistant", model: "support-llm 0.9.7" },
  { name: "image-tagging", model: "tagger-vit 3.1.0" },
  { name: "demand-forecast", model: "forecast 5.0.1" },
] as const;

export const POOLS = [
  { name: "train-a100", nodes: 6 },
  { name: "infer-shared", nodes: 4 },
] as const;

export const JOBS = ["resnet-nightly", "llm-finetune", "fraud-retrain", "ocr-distill", "forecast-sweep"] as const;

/** A step of an incident: the event's name, level and state. */
export type Step = readonly [name: string, level: CloudEyeLevel, state: CloudEyeEvent["detail"]["event_state"]];

export interface Incident {
  source: string;
  type: "EVENT.SYS" | "EVENT.CUSTOM";
  /** The name of the dimension that holds the resource's id. */
  dimension: string;
  resources: readonly string[];
  /** In order; between the first and the last lies the time of the trouble. */
  steps: readonly Step[];
}

/**
 * System events with their levels: opentelekomcloud-docs/cloud-eye, api-ref/source/appendix/
 * events_supported_by_event_monitoring.rst ("Informational" there is "Info" at the API).
 */
export const INCIDENTS: readonly Incident[] = [
  sys(
    "SYS.ELB",
    "lbaas_instance_id",
    ["elb-public", "elb-internal"],
    [
      ["healthCheckUnhealthy", "Major", "incident"],
      ["healthCheckRecovery", "Minor", "normal"],
    ],
  ),
  sys(
    "SYS.RDS",
    "rds_cluster_id",
    ["rds-orders", "rds-features"],
    [
      ["faultyDBInstance", "Major", "incident"],
      ["DBInstanceRecovered", "Major", "normal"],
    ],
  ),
  sys(
    "SYS.RDS",
    "rds_cluster_id",
    ["rds-orders", "rds-features"],
    [
      ["instanceDiskFull", "Major", "warning"],
      ["instanceDiskFullRecovered", "Major", "normal"],
    ],
  ),
  sys(
    "SYS.RDS",
    "rds_cluster_id",
    ["rds-features"],
    [
      ["abnormalReplicationStatus", "Major", "warning"],
      ["replicationStatusRecovered", "Major", "normal"],
    ],
  ),
  sys(
    "SYS.DCS",
    "dcs_instance_id",
    ["redis-sessions", "redis-features"],
    [
      ["redisNodeStatusAbnormal", "Major", "incident"],
      ["masterStandbyFailover", "Major", "warning"],
      ["redisNodeStatusNormal", "Major", "normal"],
    ],
  ),
  sys(
    "SYS.CES",
    "instance_id",
    ["ecs-gateway-1", "ecs-gateway-2", "ecs-etl"],
    [
      ["agentHeartbeatInterrupted", "Major", "warning"],
      ["agentResumed", "Info", "normal"],
    ],
  ),
  sys(
    "SYS.ECS",
    "instance_id",
    ["ecs-gateway-1", "ecs-etl"],
    [
      ["startAutoRecovery", "Major", "incident"],
      ["endAutoRecovery", "Major", "normal"],
    ],
  ),
  sys(
    "SYS.EIP",
    "publicip_id",
    ["eip-gateway"],
    [
      ["blockEIP", "Critical", "incident"],
      ["unblockEIP", "Critical", "normal"],
    ],
  ),
  sys(
    "SYS.BMS",
    "instance_id",
    ["bms-npu-01", "bms-npu-02"],
    [
      ["system_maintenance_scheduled", "Major", "warning"],
      ["system_maintenance_executing", "Major", "warning"],
      ["system_maintenance_completed", "Major", "normal"],
    ],
  ),
  sys("SYS.BMS", "instance_id", ["bms-npu-01", "bms-npu-02"], [["UncorrectableEccErrorCount", "Major", "incident"]]),
  sys("SYS.ECS", "instance_id", ["ecs-gpu-1"], [["nvidiaSmiHangEvent", "Major", "incident"]]),
  sys("SYS.CBR", "instance_id", ["vault-daily"], [["backupFailed", "Critical", "incident"]]),
];

/** What people and timers do all day; nothing is wrong. */
export const ROUTINE: readonly Incident[] = [
  sys("SYS.ECS", "instance_id", ["ecs-etl", "ecs-gateway-2"], [["rebootServer", "Minor", "normal"]]),
  sys("SYS.EVS", "disk_name", ["volume-scratch"], [["deleteVolume", "Major", "normal"]]),
  sys("SYS.IAM", "user_id", ["alice", "bob"], [["login", "Minor", "normal"]]),
  sys("SYS.CBR", "instance_id", ["vault-daily"], [["backupSucceeded", "Major", "normal"]]),
  {
    source: "TEST.System",
    type: "EVENT.CUSTOM",
    dimension: "app",
    resources: ["billing-export"],
    steps: [["event_001", "Info", "normal"]],
  },
];

function sys(source: string, dimension: string, resources: readonly string[], steps: readonly Step[]): Incident {
  return { source, type: "EVENT.SYS", dimension, resources, steps };
}
