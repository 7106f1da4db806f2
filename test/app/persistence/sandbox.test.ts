// What a sandbox lets through to the store behind it, and what it keeps to itself.
import { expect, it } from "vitest";
import { sandboxOf } from "../../../lib/app/persistence/sandbox.ts";
import { StoreConflict } from "../../../lib/store/port.ts";
import { openUnnamedStore } from "../../../lib/store/sqlite/unnamed.ts";

const project = { pk: "project", sk: "prod" };
const connection = { pk: "connection", sk: "prod" };

async function setUp() {
  const real = openUnnamedStore({ now: () => 0 });
  await real.commit([
    { op: "put", ...project, data: "real" },
    { op: "put", ...connection, data: { proven: true } },
  ]);
  return { real, sandbox: sandboxOf(real) };
}

it("shows the real store, and what was written to itself in its place", async () => {
  const { real, sandbox } = await setUp();
  expect(await sandbox.get(project)).toMatchObject({ data: "real" });
  await sandbox.commit([
    { op: "put", ...project, data: "own" },
    { op: "put", pk: "token", sk: "prod", data: "sealed" },
  ]);
  expect(await sandbox.get(project)).toMatchObject({ data: "own" });
  expect((await sandbox.getMany([project, { pk: "token", sk: "prod" }])).map(({ data }) => data)).toEqual([
    "own",
    "sealed",
  ]);
  expect(await real.get(project)).toMatchObject({ data: "real", version: 1 });
  expect(await real.list("token")).toEqual([]);
});

it("lets verdicts on credentials through, with what they expect", async () => {
  const { real, sandbox } = await setUp();
  await sandbox.commit([{ op: "put", ...connection, data: { proven: false }, expect: 1 }]);
  expect(await real.get(connection)).toMatchObject({ data: { proven: false }, version: 2 });
  const late = sandbox.commit([{ op: "put", ...connection, data: { proven: true }, expect: 1 }]);
  await expect(late).rejects.toBeInstanceOf(StoreConflict);
});
