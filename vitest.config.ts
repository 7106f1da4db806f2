// How the tests are found and run: every *.test.ts and *.prop.ts under test/, one worker process for each core.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";
import { scratchFolder } from "./test/support/scratch.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.{test,prop}.ts"],
    pool: "forks",
    // A worker keeps what it has loaded for its next file: a third of a file's time is else spent on loading the same modules.
    isolate: false,
    // One core less, which is the default, is half of a machine with two; and some files wait for processes and time-outs.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    // Read by node:os, in the tests and in the processes that they start.
    env: { TMPDIR: scratchFolder() },
    globalSetup: "test/support/global-setup.ts",
    setupFiles: "test/support/set-up.ts",
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
