// Configured secrets in what the APIs say: gone before anything is stored or evaluated, and ids do not depend on it.
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import type { SourceKind } from "../../../lib/model/source-kinds.ts";
import { discover } from "../../../lib/sources/discovery.ts";
import { sources } from "../../../lib/sources/registry.ts";
import { createPoller, poll, serviceRow, trainingRow } from "../support.ts";

const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const SECRET = 'hunter2"Ünter2';
const at = { now: NOW, floor: NOW - 900_000 };
const redact = (text: string) =>
  text.replaceAll(SECRET, "[secret]").replaceAll(JSON.stringify(SECRET).slice(1, -1), "[secret]");

const text = `login failed with ${SECRET}!`;
/** Each kind's answer with the secret in every place that it has. */
const answers: Record<Exclude<SourceKind, "http">, (path: string) => unknown> = {
  "service-events": () => ({
    service_name: SECRET,
    events: [{ ...serviceRow(NOW - 1, text), more: { [SECRET]: [SECRET] } }],
  }),
  "pool-events": () => ({
    items: [{ type: SECRET, reason: SECRET, message: text, lastTimestamp: NOW - 1, count: 1 }],
  }),
  "service-updates": () => ({
    service_name: SECRET,
    logs: [{ update_time: NOW - 1, result: "FAIL", config: [{ model_name: SECRET }] }],
  }),
  "training-events": () => ({ events: [{ ...trainingRow(NOW - 1, text, SECRET), source: SECRET }] }),
  "cloud-eye-events": (path) => {
    const detail = { content: `${"x".repeat(290)} ${SECRET}`, resource_name: SECRET, event_level: "Major" };
    const occurrence = { event_id: "ev1", event_name: "a", time: NOW - 1, event_source: SECRET, detail };
    if (path.includes("/event/")) return { event_info: [occurrence] };
    return { events: [{ event_name: "a", event_count: 1, latest_occur_time: NOW - 1 }] };
  },
  "service-status": () => ({ services: [{ service_id: "s1", service_name: SECRET, status: SECRET, note: text }] }),
  "pool-status": () => ({ items: [{ metadata: { name: "p1" }, status: { phase: SECRET, message: text } }] }),
  "job-status": () => ({ items: [{ metadata: { id: "j1", name: SECRET }, status: { phase: SECRET } }] }),
};
const KINDS = Object.keys(answers) as (keyof typeof answers)[];

describe.each(KINDS)("%s", (kind) => {
  const client = { request: async ({ path }: { path: string }) => answers[kind](path) };

  test("no event, and nothing that the cursor remembers, holds the secret", async () => {
    const poller = createPoller();
    await poll(sources[kind], client, poller, { ...at, redact });
    expect(poller.emitted).toHaveLength(1);
    const kept = JSON.stringify([poller.emitted, poller.cursor, poller.batches]).toLowerCase();
    expect(kept).toContain("[secret]");
    expect(kept).not.toContain("hunter2");
  });

  test("the event is the same one before and after the secret is known", async () => {
    const poller = createPoller();
    await poll(sources[kind], client, poller, at);
    await poll(sources[kind], client, poller, { ...at, now: NOW + 60_000, redact });
    expect(poller.emitted).toHaveLength(1);
  });
});

test.each<[SourceKind, (phase: string) => unknown]>([
  ["service-status", (status) => ({ services: [{ service_id: "s1", status }] })],
  ["pool-status", (phase) => ({ items: [{ metadata: { name: "p1" }, status: { phase } }] })],
  ["job-status", (phase) => ({ items: [{ metadata: { id: "j1" }, status: { phase } }] })],
])("a state of %s is cut after the secret is gone", async (kind, answer) => {
  const client = { request: async () => answer(`${"x".repeat(190)}${SECRET}`) };
  const poller = createPoller();
  await poll(sources[kind], client, poller, { ...at, redact });
  expect(poller.emitted).toHaveLength(1);
  expect(JSON.stringify(poller.emitted)).not.toContain("hunter");
});

test("what is cut is cut after the secret is gone", async () => {
  const long = `${"x".repeat(1_995)}${SECRET}${"y".repeat(20_000)}`;
  const client = { request: async () => ({ events: [serviceRow(NOW - 1, long)] }) };
  const poller = createPoller();
  await poll(sources["service-events"], client, poller, { ...at, redact });
  expect(poller.emitted[0]!.message).toMatch(/x\[sec…$/);
});

const LARGE = 4_000_000;
const many = Array.from({ length: 50_000 }, (_, i) => ({ [`k${i}`]: "a word and another".repeat(4) }));
test.each<[string, SourceKind, unknown]>([
  ["a message", "service-events", { events: [serviceRow(NOW - 1, "m".repeat(LARGE))] }],
  ["a field", "service-events", { events: [{ ...serviceRow(NOW - 1, "m"), more: "f".repeat(LARGE) }] }],
  ["the name of a field", "service-events", { events: [{ ...serviceRow(NOW - 1, "m"), ["n".repeat(LARGE)]: 1 }] }],
  ["many fields", "service-events", { events: [{ ...serviceRow(NOW - 1, "m"), many }] }],
  ["an item that is none", "service-events", { events: [{ note: "n".repeat(LARGE), many }] }],
  ["a result", "service-updates", { logs: [{ update_time: NOW - 1, result: "r".repeat(LARGE) }] }],
  ["a state", "pool-status", { items: [{ metadata: { name: "p" }, status: { phase: "s".repeat(LARGE) } }] }],
  ["a name", "pool-status", { items: [{ metadata: { name: "p".repeat(LARGE) }, status: { phase: "Running" } }] }],
])("%s as large as a page is cut before it is searched for secrets", async (_, kind, answer) => {
  let searched = 0;
  const counting = (text: string, length = text.length) => {
    searched += Math.min(text.length, length);
    return redact(text);
  };
  const poller = createPoller();
  await poll(sources[kind], { request: async () => answer }, poller, { ...at, redact: counting });
  expect(poller.batches.flatMap(({ found, malformed }) => [...found, ...malformed])).toHaveLength(1);
  expect(searched).toBeLessThan(300_000);
  expect(JSON.stringify(poller.cursor).length).toBeLessThan(2_000);
});

test("of a large event, too, no part of a secret is left where it is cut", async () => {
  const { add, redact } = createRedactor();
  const secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY01";
  add(secret);
  const cut = (length: number) => `${"x ".repeat((length - 20) / 2)}${secret}`;
  const more = [cut(200), cut(2_000), cut(2_048), `${cut(200)} ${"y ".repeat(50_000)}`];
  const client = { request: async () => ({ events: [{ ...serviceRow(NOW - 1, cut(2_000)), more }, { more }] }) };
  const poller = createPoller();
  await poll(sources["service-events"], client, poller, { ...at, redact });
  const { found, malformed } = poller.batches[0]!;
  expect([found.length, malformed.length]).toEqual([1, 1]);
  expect(JSON.stringify([found, malformed])).not.toContain(secret.slice(0, 6));
});

test("an item that could not be understood is shown without it", async () => {
  const client = { request: async () => ({ events: [{ note: text, [SECRET]: 1 }] }) };
  const poller = createPoller();
  await poll(sources["service-events"], client, poller, { ...at, redact });
  expect(poller.batches[0]!.malformed[0]!.raw).toBe('{"note":"login failed with [secret]!","[secret]":1}');
});

test("a result that the cursor remembers is remembered without it", async () => {
  const client = { request: async () => ({ logs: [{ update_time: NOW - 1, result: `ODD ${SECRET}` }] }) };
  const poller = createPoller();
  await poll(sources["service-updates"], client, poller, { ...at, redact });
  expect(poller.emitted).toMatchObject([{ type: "ODD [secret]", message: "Update ODD [secret]" }]);
  expect(decodeURIComponent(poller.cursor!.seen)).toContain("ODD [secret]");
});

test("a state of a target is kept without it", async () => {
  const services = [
    { service_id: "s1", status: SECRET },
    { service_id: "s2", status: `${"x".repeat(190)}${SECRET}` },
  ];
  const options = { workspaces: ["0"], projectId: "p", redact };
  const found = await discover("service-events", { request: async () => ({ services }) }, options);
  expect(found.map(({ status }) => status)).toEqual(["[secret]", `${"x".repeat(190)}[secret]`]);
});

test("a discovered name is found by what it is, and kept without it", async () => {
  const services = [{ service_id: "s1", service_name: `svc ${SECRET}` }];
  const client = { request: async () => ({ services }) };
  const options = { workspaces: ["0"], projectId: "p", filter: { name: `*${SECRET}` }, redact };
  expect(await discover("service-events", client, options)).toEqual([
    { id: "s1", name: "svc [secret]", workspace: "0" },
  ]);
});
