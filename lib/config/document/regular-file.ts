// Reads a file that should be short: what is none, such as a pipe or a device, is refused, since it
// may never begin or never end.
import { constants } from "node:fs";
import { open } from "node:fs/promises";

/**
 * Undefined where it is longer than `maxBytes`, or a pipe, socket or device. Rejects, for a folder
 * too, as the system does.
 */
export async function readRegular(path: string, maxBytes: number): Promise<string | undefined> {
  // Opening a pipe would else wait for its other end.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
    if (!stats.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(stats.size, maxBytes) + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length);
      if (bytesRead === 0) return bytes.toString("utf8", 0, length);
      length += bytesRead;
    }
    return undefined;
  } finally {
    await file.close();
  }
}
