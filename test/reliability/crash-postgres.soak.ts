// Crashes and overlaps over PostgreSQL. crash.soak.ts tries every seventh point.
import { describe } from "vitest";
import { postgresUrl } from "../support/postgres.ts";
import { postgresSchema } from "./backend-postgres.ts";
import { crashesOver } from "./crash-over.ts";

describe.skipIf(postgresUrl === null)("processes over a database", () => {
  crashesOver("--config test/reliability/soak.config.ts test/reliability/crash-postgres.soak.ts", postgresSchema);
});
