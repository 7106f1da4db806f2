// How the long tests are found and run: `vitest run --config test/reliability/soak.config.ts`.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.soak.ts"],
    pool: "forks",
    testTimeout: 3_600_000,
    globalSetup: "test/support/global-setup.ts",
    setupFiles: "test/support/set-up.ts",
  },
});
