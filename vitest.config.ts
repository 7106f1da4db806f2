// How the tests are found and run: every *.test.ts and *.prop.ts under test/, in separate processes.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.{test,prop}.ts"],
    pool: "forks",
    // One core less, which is the default, is half of a machine with two.
    maxWorkers: "100%",
    globalSetup: "test/support/global-setup.ts",
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
