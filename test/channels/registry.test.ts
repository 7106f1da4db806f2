// The registry holds exactly the folder's channels, each with a test of its own.
import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { channelTypes } from "../../lib/channels/registry.ts";

const folder = new URL("../../lib/channels/", import.meta.url);

test("every channel file of the folder is registered under its file's name, and has a test", async () => {
  const found: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
    const exported = Object.values((await import(new URL(file, folder).href)) as Record<string, unknown>);
    if (exported.some((one) => typeof one === "object" && one !== null && "incident" in one)) found.push(file);
  }
  expect(found.toSorted()).toEqual([...channelTypes.keys()].map((type) => `${type}.ts`).toSorted());
  for (const type of channelTypes.keys()) {
    expect(existsSync(new URL(`./${type}.test.ts`, import.meta.url)), `a test of ${type}`).toBe(true);
  }
});
