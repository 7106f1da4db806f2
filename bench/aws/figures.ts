// What the simulation and the costs are derived from: measured with `npm run bench -- aws-inputs`, published by AWS, or
// assumed of what only a real account shows.

/**
 * Measured: calls of DynamoDB, one after the other; its units; ms of a whole processor. Units of commits are counted as
 * AWS publishes it, each row and check of a transaction twice and each entry of the index once (write-units.test.ts):
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
export const MEASURED = {
  // By shard: between two shards and 32.
  plan: { calls: 2, readUnits: 1, readUnitsPerShard: 0.1, cpuMs: 14, cpuMsPerShard: 0.3 },
  // Polled each minute, while its row is read every half hour.
  target: { readUnits: 1 / 30, cpuMs: 2 },
  shard: { calls: 4, readUnits: 3.5, writeUnits: 1, cpuMs: 10 },
  sweep: { calls: 3, readUnits: 25.5, cpuMs: 150 },
  // By shard: as though no process remembered the lists of targets, sixteen of which are read at once.
  health: { calls: 6, callsPerShard: 0.13, readUnits: 54.5, readUnitsPerShard: 2, cpuMs: 210, cpuMsPerShard: 1 },
  alert: {
    poll: { calls: 8, readUnits: 7, writeUnits: 14, cpuMs: 40 },
    notify: { calls: 7, readUnits: 6, writeUnits: 15, cpuMs: 60 },
    deliver: { calls: 8, readUnits: 6, writeUnits: 4, cpuMs: 50 },
  },
};

/** Default quotas of an account in eu-central-1, looked up on 2026-11-22. */
export const QUOTAS = {
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (a new account: 10, raised with its use)
  concurrency: 1_000,
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
  tableUnits: 40_000,
  newTableReadUnits: 12_000,
  newTableWriteUnits: 4_000,
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
  queueCalls: 19_000,
  // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: pollers at first, more a second, at most.
  pollers: { first: 5, perSecond: 5, most: 1_000 },
};

/** US dollars, us-east-1, looked up on 2026-11-22; other regions differ. */
export const PRICES = {
  /** A GB-second on arm64, a million invocations. */
  gbSecond: 0.0000133334,
  invocations: 0.2,
  /** A million units on demand. */
  readUnits: 0.125,
  writeUnits: 0.625,
  /** A million calls of a FIFO queue. */
  queueCalls: 0.5,
};

/** serverless.yml. 1,769 MB are one processor: docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const FUNCTION = { memoryMb: 512, processor: 512 / 1_769, pollMs: 45_000, batch: 10 };

/** Of what only a real account shows; ms. The cloud's API: the median, and the spread of a log-normal distribution. */
export const ASSUMED = {
  api: { median: 120, sigma: 0.6 },
  tableCall: 6,
  queueCall: 20,
  /** Calls of an idle minute: each queue's pollers wait for 20 seconds a call. */
  idleQueueCalls: 45,
  /** From a message in a queue to its function. */
  handOver: { least: 20, most: 120 },
  coldStart: 1_500,
  post: 200,
  /** A schedule is late by at most so much. */
  scheduleJitter: 1_000,
};
