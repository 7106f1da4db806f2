// A target's cursor goes on where it was, whatever becomes of the connections of its project.
import { describe, expect, it } from "vitest";
import { seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { type Bench, bench, line } from "../support.ts";

/** Everything of a connection: `of` is what names its project. */
const connection = (name: string, of = "projectId: PROJECT", endpoints = "") =>
  `  ${name}: { cloud: custom, region: eu-de, ${of}, endpoints: { modelarts: CLOUD, iam: CLOUD${endpoints} } }\n`;
const config = (reading: string, ...connections: string[]) => `
connections:
${connections.join("")}
sources: [{ kind: service-events, connection: ${reading}, targets: [svc-1] }]
rules: [{ id: any, when: { level: [error] }, by: [resource.id], resolve: { after: 1h } }]
route: { channels: [ops], groupBy: ["..."] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const [prod, other] = [connection("prod"), connection("other")];

/** Two failures were notified, and are over for so long that nothing but the cursor remembers them. */
async function begun(yaml: string): Promise<Bench> {
  const b = await bench({ yaml });
  await b.rounds(3);
  b.fail(3.5, "one");
  b.fail(3.6, "two");
  await b.rounds(6);
  await b.rounds(3_000, 60);
  return b;
}

async function expectNothingAgain(b: Bench): Promise<void> {
  const [messages, events] = [b.messages.map(line), (await seenEvents(b.app, 0)).length];
  expect([messages.length, events]).toEqual([2, 2]);
  await b.rounds(3_120, 60);
  expect((await seenEvents(b.app, 0)).length).toBe(2);
  expect(b.messages.map(line)).toEqual(messages);
  const { ledger } = await readStatus(b.app);
  const found = Object.values(ledger).flatMap((days) => Object.values(days).map((day) => day.new));
  expect(found.reduce((sum, one) => sum + one, 0)).toBe(2);
}

describe("a target is not read anew where", () => {
  it.each([
    ["the first of two connections of its project is removed", config("other", prod, other), config("other", other)],
    ["its connection has another name", config("prod", prod), config("other", other)],
    ["another connection comes before its own", config("prod", prod), config("prod", other, prod)],
    [
      "the name of its first connection is that of another project now",
      config("other", prod, other),
      config("other", connection("prod", "projectId: p-2"), other),
    ],
    [
      "its project is written in other words",
      config("prod", prod),
      config("prod", connection("prod", "projectId: PROJECT", ", ces: CLOUD")),
    ],
  ])("%s", async (_, before, after) => {
    const b = await begun(before);
    await b.reload(after);
    await expectNothingAgain(b);
  });

  it("its connection has another name, then its project other words, then a connection of the first name comes", async () => {
    const b = await begun(config("prod", prod));
    await b.reload(config("other", other));
    await b.round();
    const reworded = connection("other", "projectId: PROJECT", ", ces: CLOUD");
    await b.reload(config("other", reworded));
    await b.round();
    await b.reload(config("other", connection("prod", "projectId: p-2"), reworded));
    await expectNothingAgain(b);
  });
});

it("connections that are two projects by their words have rows of their own from then on", async () => {
  const both = ["prod", "other"].map((name) => connection(name));
  const b = await bench({ yaml: config("prod", ...both) });
  await b.rounds(2);
  const parted = ["prod", "other"].map((name) =>
    connection(name, "projectId: PROJECT", name === "prod" ? "" : ", ces: CLOUD"),
  );
  const sources = ["prod", "other"].map(
    (name) => `{ id: ${name}, kind: service-events, connection: ${name}, targets: [svc-1] }`,
  );
  await b.reload(config("prod", ...parted).replace(/sources:.*/, `sources: [${sources.join(", ")}]`));
  b.fail(2.5);
  await b.rounds(4);
  const read = (await seenEvents(b.app, 0)).map(({ sourceId }) => sourceId);
  expect(read.sort()).toEqual(["other", "prod"]);
});
