// Adding a source kind is one file, one entry in the table of kinds and one line in the registry: proven with another
// kind in a copy of the code, polled by the real command.
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { folderWith, lookout } from "./support/cli.ts";
import { startReceiver } from "./support/receiver.ts";

const ROOT = join(import.meta.dirname, "..");

const ADAPTER = `// Events of data lakes: GET /v1/{project_id}/lakes/{lake_id}/events.
import * as z from "zod";
import { levelOfWord } from "../model/source-kinds.ts";
import { segment } from "./cloud/path.ts";
import type { Batch, ReadRequest, Source } from "./port.ts";
import { readAppendOnly } from "./reading/append-only.ts";
import { parseItem, Time, timeIn } from "./reading/item.ts";
import { listOf } from "./reading/list.ts";
import { Total } from "./reading/paging.ts";
import type { Query } from "./reading/timeline.ts";

const Answer = z.looseObject({ total: Total });
const LakeEvent = z.looseObject({ at: Time, state: z.string(), text: z.string() });

export const lakeEvents: Source = { kind: "lake-events", keepFor: 0, read };

function read(request: ReadRequest): AsyncGenerator<Batch> {
  const { client, target, signal } = request;
  async function ask({ start, end, order, offset }: Query) {
    const path = \`/v1/{project_id}/lakes/\${segment(target.id)}/events\`;
    const answer = await client.request({ service: "modelarts", path, query: { start, end, order, offset }, signal });
    const { rows, head } = listOf(answer, "events", Answer, "lake events", 100);
    return { rows, total: head.total };
  }
  const parse = (raw: unknown) =>
    parseItem(LakeEvent, raw, "at", ({ at, state, text }) => ({
      ok: true,
      t: at,
      identity: [at, state, text],
      level: levelOfWord("lake-events", state),
      type: state,
      reason: null,
      message: text,
      resource: { type: "lake", id: target.id, name: target.id },
      raw,
    }));
  const timeOf = (row: unknown) => timeIn(row, "at");
  return readAppendOnly(request, "lake-events", { ask, limit: 100, resolution: 1, timeOf }, parse);
}
`;

const FACTS = `  "lake-events": {
    words: [
      { type: "CLEAR", level: "normal" },
      { type: "SPILL", level: "critical" },
    ],
    reason: "none",
    resourceType: "lake",
    lists: "services",
    lateness: 10 * MINUTE,
    filtersLevels: false,
    api: "modelarts",
    permissions: { read: "lakes:events:list", list: "lakes:list" },
  },
`;

const CONFIG = (url: string) => `
connections:
  prod: { cloud: custom, region: r, projectId: "0123", auth: { token: t }, endpoints: { modelarts: "${url}" } }
sources: [{ kind: lake-events, targets: [north] }]
rules: [{ id: spill, when: { type: [SPILL] } }]
channels: { ops: { type: webhook, url: "${url}/hook" } }
`;

test("a sixth kind is checked, polled, matched and notified", async () => {
  const posts: string[] = [];
  const events = [{ at: Date.now() - 60_000, state: "SPILL", text: "oil" }];
  const { url, close } = await startReceiver(({ path, body }) => {
    if (path === "/hook") posts.push(body);
    return path === "/hook" ? { status: 200 } : { status: 200, body: JSON.stringify({ total: 1, events }) };
  });
  onTestFinished(close);
  const root = await folderWith({});
  for (const part of ["lib", "bin", "rules", "package.json"]) {
    await cp(join(ROOT, part), join(root, part), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
  await writeFile(join(root, "lib/sources/lake-events.ts"), ADAPTER);
  await change(root, "lib/model/source-kinds.ts", '  "cloud-eye-events": {', `${FACTS}  "cloud-eye-events": {`);
  await change(
    root,
    "lib/sources/registry.ts",
    "export const",
    'import { lakeEvents } from "./lake-events.ts";\nexport const',
  );
  await change(root, "lib/sources/registry.ts", "});", '  "lake-events": () => lakeEvents,\n});');
  await writeFile(join(root, "lookout.yml"), CONFIG(url));

  const command = join(root, "bin/lookout.js");
  const checked = await lookout(["check"], { cwd: root, command });
  // Only that everything here is in clear text.
  expect(checked.stdout + checked.stderr).not.toMatch(/lake|SPILL|unknown/);
  const ran = await lookout(["run", "--once"], { cwd: root, command });
  expect(ran.stderr).toContain("alert opened");
  expect(ran.code).toBe(0);
  expect(posts.map((body) => JSON.parse(body).alerts[0])).toMatchObject([
    { rule: "spill", severity: "critical", source: "lake-events", resource: { type: "lake", id: "north" } },
  ]);
});

async function change(root: string, file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(root, file), "utf8");
  expect(text.split(from).length, `${from} stands once in ${file}`).toBe(2);
  await writeFile(
    join(root, file),
    text.replace(from, () => to),
  );
}
