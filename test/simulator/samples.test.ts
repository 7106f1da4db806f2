// Every file in events/ is in its manifest, and says what it is and where it is from.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as z from "zod";
import { Batch } from "../../lib/aws/batch.ts";
import { PollMessage } from "../../lib/aws/plan.ts";
import { ChannelRing, GroupRing } from "../../lib/aws/rings.ts";
import { SOURCE_KINDS, sourceKinds } from "../../lib/model/source-kinds.ts";

const folder = new URL("../../events/", import.meta.url);
const Entry = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("answer"),
    file: z.string(),
    what: z.string(),
    source: z.url(),
    note: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("catalogue"), file: z.string(), what: z.string(), source: z.url() }),
  z.strictObject({
    kind: z.literal("invocation"),
    file: z.string(),
    function: z.enum(["plan", "poll", "notify", "deliver", "sweep", "health", "console"]),
    what: z.string(),
    source: z.url(),
  }),
]);
const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), "utf8"));
const manifest = z.array(Entry).parse(read("manifest.json"));

test("the manifest lists exactly the files that are there", () => {
  const files = readdirSync(folder).filter((file) => file !== "manifest.json");
  expect(manifest.map((entry) => entry.file).sort()).toEqual(files.sort());
});

test("every kind of source has an answer to read and an invocation that polls it", () => {
  for (const kind of SOURCE_KINDS) {
    const { checks, lists } = sourceKinds[kind];
    // A check reads the list that discovery reads, or asks whatever the configuration names.
    const answer = checks ? lists : kind;
    if (answer) expect(manifest).toContainEqual(expect.objectContaining({ file: `${answer}.json`, kind: "answer" }));
    expect(manifest).toContainEqual(expect.objectContaining({ file: `poll-${kind}.json`, function: "poll" }));
    expect(read(`poll-${kind}.json`)).toEqual({ kind });
  }
});

test.each(["poll", "notify", "deliver"])("there is a batch of messages that %s takes from its queue", (name) => {
  expect(manifest).toContainEqual(expect.objectContaining({ file: `${name}-batch.json`, function: name }));
  const { Records } = Batch.parse(read(`${name}-batch.json`));
  const body = { poll: PollMessage, notify: GroupRing, deliver: ChannelRing }[name]!;
  for (const record of Records) expect(() => body.parse(JSON.parse(record.body))).not.toThrow();
});

test("the doorbell is an EventBridge event of Lookout", () => {
  const event = read("notify.json");
  expect(event).toMatchObject({
    source: "lookout",
    "detail-type": "Alert Firing",
    detail: { groups: [expect.any(String)] },
  });
});
