// The packs as a whole: what belongs together is notified once, by the command that tests rules.
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFiles } from "../config/workspace.ts";
import { lookoutHere } from "../support/in-process.ts";

const CONFIG = `connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }
sources:
  - { kind: service-events }
  - { kind: service-updates }
  - { kind: pool-events }
  - { kind: training-events }
  - { kind: cloud-eye-events }
rules: [{ include: modelarts/core }, { include: cloud-eye/core }]
channels: { chat: { type: console } }
`;

test("related alerts are one notification, and what flaps is notified twice", async () => {
  const folder = await writeFiles({ "lookout.yml": CONFIG });
  const file = join(folder, "related.test.yml");
  await copyFile(join(import.meta.dirname, "related.yml"), file);
  const { code, stdout } = await lookoutHere(["test", file], { cwd: folder });
  expect(stdout).toContain("7 tests, 0 failed");
  expect(code).toBe(0);
});
