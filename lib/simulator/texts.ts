// The words of the simulated incidents: texts that the real APIs and their documents use, with
// {placeholders} for names.

/**
 * Service events. Lower-case ones as in the API's sample answer
 * (support.huaweicloud.com/en-us/api-modelarts/modelarts_03_0155.html), sentences as in the user
 * manual (opentelekomcloud-docs/modelarts, umn/source/faqs/service_deployment/functional_consulting/
 * what_are_the_events_and_their_types_for_a_service.rst); the failed pull as in its troubleshooting
 * chapter on custom images.
 */
export const SERVICE = {
  deployStarts: ["normal", "start to deploy service"],
  building: ["normal", "building image for model [{model}]"],
  built: ["normal", "model ({model}) build image success"],
  preparing: ["normal", "preparing environment"],
  prepared: ["normal", "[{model}] prepare environment success"],
  scheduled: ["normal", "[{model}] schedule resource success"],
  pulling: ["normal", "[{model}] pulling model image"],
  pulled: ["normal", "[{model}] pull image success"],
  starting: ["normal", "[{model}] starting model"],
  started: ["normal", "Service {service} started."],
  updating: ["normal", "The service is being updated."],
  rolledBack: ["normal", "Failed to update the service. The update has been rolled back."],
  stopping: ["normal", "The service is being stopped."],
  stopped: ["normal", "The service has been stopped."],
  beingStarted: ["normal", "The service is being started."],
  pullFailed: ["abnormal", "failed to pull image, retry later"],
  insufficient: ["abnormal", "Insufficient resources. Wait until idle resources are sufficient."],
  buildFailed: ["abnormal", "Failed to create the image."],
  failed: ["abnormal", "Service {service} failed. Error: {error}"],
  timedOut: ["abnormal", "Service deployment timed out. Error: {error}"],
  rollingBack: ["abnormal", "Failed to update the service. Perform a rollback."],
  rollbackFailed: ["abnormal", "Failed to update the service. The rollback failed."],
} as const satisfies Record<string, readonly ["normal" | "abnormal", string]>;

/**
 * Pool events: opentelekomcloud-docs/modelarts,
 * api-ref/source/resource_management/event_management/obtaining_the_event_list.rst
 */
export const POOL = {
  resources: [
    "PoolResourcesStatusChange",
    "Pool resources status changed, available/abnormal/creating/deleting count from {from} to {to}, timestamp: {seconds}.",
  ],
  abnormal: ["PoolStatusChange", "Pool status changed, from Running to Abnormal, details: ."],
  running: ["PoolStatusChange", "Pool status changed, from Abnormal to Running."],
} as const;

/**
 * Training events. Those with pods, workers and "Training job …" as in the API's sample answer
 * (opentelekomcloud-docs/modelarts, api-ref/source/training_management, ListTrainingJobEvents), the others as in the
 * user manual (umn/source/training_management/ performing_a_training/viewing_training_job_events.rst).
 */
export const TRAINING = {
  created: ["Info", "Job", "Training job created."],
  queuing: ["Info", "Job", "The training job is queuing and awaiting resource allocation."],
  queueFailed: ["Error", "Job", "Failed to be queued."],
  pulled: ["Info", "K8s", '[Pod: modelarts-job-{job}-worker-0] Pulled: Successfully pulled image "{image}"'],
  containerCreated: ["Info", "K8S", "[Pod: modelarts-job-{job}-worker-0] SuccessfulCreate: Created container"],
  containerStarted: ["Info", "K8S", "[Pod: modelarts-job-{job}-worker-0] Started: Started container"],
  running: ["Info", "Job", "Training job is running."],
  started: ["Info", "Task", "[worker-0] training started."],
  inputFailed: [
    "Error",
    "Task",
    "[worker-0] [Duration: 41 second] Failed to download the training input (parameter: data_url). Failure cause: ",
  ],
  finished: ["Info", "Task", "[worker-0] Training finished. Exit code {code}."],
  uploading: ["Info", "Task", "[worker-0] Training output(parameter name: train_url) Uploading."],
  uploaded: [
    "Info",
    "Task",
    "[worker-0][time used: {seconds}s] Upload training output(parameter name: train_url) finished.",
  ],
  terminate: ["Info", "K8S", "[Job: modelarts-job-{job}] ExecuteAction: Start to execute action TerminateJob"],
  executed: ["Info", "Job", "Training job executed."],
  failed: ["Error", "Job", "Training job failed."],
  preempted: ["Warning", "Job", "The training job is preempted."],
  restarted: ["Info", "Job", "The training job has been restarted."],
  suspended: [
    "Warning",
    "Job",
    "The system detects that your training job may be suspended. Go to the job details page to view the cause and handle the issue.",
  ],
  stoppedByHand: ["Info", "Job", "The training job has been manually stopped."],
} as const satisfies Record<string, readonly ["Info" | "Warning" | "Error", "Job" | "K8S" | "K8s" | "Task", string]>;

/** The text with its {placeholders} filled in. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
