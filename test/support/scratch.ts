// Where the tests put their files: in memory where the machine has the room. It is processes that die in them, never
// the machine, so nobody needs to wait until a disk has written what a commit made.
import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const MEMORY = "/dev/shm";
/** What all files of a run take at once, and as much again; containers often have less there. Bytes. */
const ROOM = 1024 ** 3;

export function scratchFolder(): string {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}
