// What every process has of its machine: room for young objects that a batch of work fits into, and no more
// (bin/heap.js); threads for names that are looked up (bin/threads.js).
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const BIN = join(import.meta.dirname, "../../bin");
/** 60 MB of objects, of which the newest are kept, as a storm makes them. */
const PROBE = `
let kept = [];
for (let made = 0; made < 600; made++) kept = [...kept.slice(-30), Array.from({ length: 2_000 }, () => ({ made }))];
const spaces = require("node:v8").getHeapSpaceStatistics();
console.log(spaces.find(({ space_name }) => space_name === "new_space").space_size / 1_048_576);
`;

it("the room for young objects is 8 MB from the start and stays so", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", join(BIN, "heap.js"), "-e", PROBE]);
  expect(stdout).toBe("8\n");
});

it.skipIf(process.platform !== "linux")("there are 16 threads for names and files", async () => {
  const count = "process.stdout.write(String(require('node:fs').readdirSync('/proc/self/task').length - before))";
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--import",
    join(BIN, "threads.js"),
    "-e",
    `const before = require('node:fs').readdirSync('/proc/self/task').length;
    require('node:dns').lookup('localhost', () => ${count});`,
  ]);
  expect(stdout).toBe("16");
});
