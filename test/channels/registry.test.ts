// The registry holds exactly the folder's channels, each with a test of its own.
import { existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { channelTypes } from "../../lib/channels/registry.ts";

const folder = new URL("../../lib/channels/", import.meta.url);

test("every channel file of the folder is registered under its file's name, and has a test", async () => {
  const found: string[] = [];
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const exported = Object.values((await import(new URL(file, folder).href)) as Record<string, unknown>);
    if (!exported.some((one) => typeof one === "object" && one !== null && "incident" in one)) continue;
    found.push(basename(file, ".ts"));
    const itsTest = new URL(file.replace(/\.ts$/, ".test.ts"), import.meta.url);
    expect(existsSync(itsTest), `a test of ${file}`).toBe(true);
  }
  expect(found.toSorted()).toEqual([...channelTypes.keys()].toSorted());
  for (const [name, { type }] of channelTypes) expect(type).toBe(name);
});
