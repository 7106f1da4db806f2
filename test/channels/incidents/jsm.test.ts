// The channel for Jira Service Management: Opsgenie's alerts below Atlassian's own address.
import { expect, test } from "vitest";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert } from "../samples.ts";

const options = {
  apiKey: "9z8y7x6w-5v4u-3t2s-1r0q-9p8o7n6m5l4k",
  url: "https://api.atlassian.com/jsm/ops/integration",
};
const spec = {
  type: "jsm",
  options,
  secrets: [options.apiKey],
  success: answer(202, '{"result":"Request will be processed","requestId":"43a29c5c-3dbf"}'),
  delivered: (status: number) => status === 202,
  measure: (request: { body: string }) => Buffer.byteLength(request.body),
  limit: 100_000,
  chat: false,
};
channelContract(spec);

test("an alert is created, acknowledged and closed below the address of integration events", () => {
  expect(channelOf("jsm").options.parse({ apiKey: "x" })).toMatchObject({ url: options.url });
  const resolved = anAlert({ status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" });
  const [created] = requests(spec, aNotification());
  const taken = anAlert({ acknowledgedBy: "ada", reason: "acknowledged" });
  const [acknowledged] = requests(spec, aNotification({ reason: "acknowledged", alerts: [taken] }));
  expect(acknowledged!.url).toBe(`${options.url}/v2/alerts/a1b2c3d4/acknowledge?identifierType=alias`);
  const [closed] = requests(spec, aNotification({ alerts: [resolved] }));
  expect(created!.url).toBe(`${options.url}/v2/alerts`);
  expect(closed!.url).toBe(`${options.url}/v2/alerts/a1b2c3d4/close?identifierType=alias`);
});
