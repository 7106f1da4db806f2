// The memory of every process: room for young objects that a batch of work fits into, and no more (bin/heap.js).
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const HEAP = join(import.meta.dirname, "../../bin/heap.js");
/** 60 MB of objects, of which the newest are kept, as a storm makes them. */
const PROBE = `
let kept = [];
for (let made = 0; made < 600; made++) kept = [...kept.slice(-30), Array.from({ length: 2_000 }, () => ({ made }))];
const spaces = require("node:v8").getHeapSpaceStatistics();
console.log(spaces.find(({ space_name }) => space_name === "new_space").space_size / 1_048_576);
`;

it("the room for young objects is 8 MB from the start and stays so", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", HEAP, "-e", PROBE]);
  expect(stdout).toBe("8\n");
});
