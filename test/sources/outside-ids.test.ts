// Ids from outside in the path of a request, for every source there is: each leads where it says, or nothing is asked.
import { expect, test } from "vitest";
import { createRedactor } from "../../lib/config/secrets/redactor.ts";
import { SourceEntry } from "../../lib/model/files/source-file.ts";
import { isCheck } from "../../lib/model/source-kinds.ts";
import { type CloudClient, CloudError } from "../../lib/sources/cloud/client.ts";
import { createCloudClient } from "../../lib/sources/cloud/http.ts";
import { readProjectId } from "../../lib/sources/cloud/iam.ts";
import { segment } from "../../lib/sources/cloud/path.ts";
import { discover } from "../../lib/sources/discovery.ts";
import { sources } from "../../lib/sources/registry.ts";
import { createPoller, poll, testClock } from "./support.ts";

/** A check asks for a list, or for addresses of the configuration. */
const byId = Object.values(sources).filter(({ kind }) => !isCheck(kind));
const NOW = Date.parse("2026-11-20T10:00:00Z");
const refused: [sentence: string, id: string][] = [
  ["nothing", ""],
  ["the same folder", "."],
  ["the folder above", ".."],
  ["a path", "a/b"],
  ["a path upwards", "../../v3/users"],
  ["a backslash", "..\\x"],
  ["a path that is encoded", "..%2f..%2fv3"],
  ["dots that are encoded", "%2e%2e"],
  ["a NUL", "a\u0000b"],
  ["a line end", "a\r\nHost: evil"],
  ["a C1 control", "a\u009bb"],
  ["half a character", "a\ud800"],
  ["ten thousand characters", "a".repeat(10_000)],
];
const taken: [sentence: string, id: string][] = [
  ["a query", "a?x=1&y=2"],
  ["a fragment", "a#b"],
  ["the name of a variable", "{project_id}"],
  ["a replacement pattern", "$&$'"],
  ["a space and quotes", ` "'\``],
  ["three dots", "..."],
  ["another script", "训练-😀"],
];

test.each(refused)("an id that is %s is refused before anything is asked", async (_, id) => {
  expect(() => segment(id)).toThrow(CloudError);
  for (const source of byId) {
    const asked: string[] = [];
    const client: CloudClient = {
      async request({ path }) {
        asked.push(path);
        throw new CloudError("network", "asked");
      },
    };
    const reading = poll(source, client, createPoller(), { now: NOW, floor: NOW - 60_000, target: { id } });
    await reading.catch((error: unknown) => expect(error).toBeInstanceOf(CloudError));
    for (const path of asked) expect(path).toMatch(/^\/[vV][\d.]+\/\{project_id\}\/(events|event\/\w+)$/);
  }
});

test.each(taken)("an id that is %s is asked for as it is, as one segment", async (_, id) => {
  const urls: string[] = [];
  for (const source of byId) {
    const client: CloudClient = {
      async request({ path }) {
        urls.push(path);
        throw new CloudError("network", "asked");
      },
    };
    await poll(source, client, createPoller(), { now: NOW, floor: NOW - 60_000, target: { id } }).catch(() => {});
  }
  expect(urls.length).toBeGreaterThanOrEqual(byId.length);
  for (const path of urls) {
    const { pathname } = new URL(`https://cloud.example${path.replace("{project_id}", "p")}`);
    expect(pathname).toBe(path.replace("{project_id}", "p"));
    expect(pathname.split("/").length).toBeLessThanOrEqual(6);
  }
  expect(urls.some((path) => path.split("/").some((part) => decodeURIComponent(part) === id))).toBe(true);
});

const targets = [...refused, ...taken].map(([sentence, id], at) => [sentence, at >= refused.length, id] as const);

test.each(targets)("the configuration may name a target that is %s: %s", (_, valid, id) => {
  for (const target of [id, { id }]) {
    expect(SourceEntry.safeParse({ kind: "service-events", targets: [target] }).success).toBe(valid);
  }
});

test("a path that a source left unencoded is no request", async () => {
  const endpoints = { modelarts: "http://127.0.0.1:1/base", ces: "http://127.0.0.1:1", iam: "http://127.0.0.1:1" };
  const { request } = createCloudClient({
    connection: { cloud: "custom", region: "r", projectId: "p", auth: { accessKey: "a", secretKey: "s" }, endpoints },
    clock: testClock(NOW),
    random: () => 0.5,
    redactor: createRedactor(),
  });
  for (const path of [
    "/v1/{project_id}/services/../users",
    "/v1/{project_id}/./x",
    "/v1/{project_id}/a b",
    "/v1/x?y",
  ]) {
    await expect(request({ service: "modelarts", path })).rejects.toThrow("leads elsewhere");
  }
});

test("discovery takes no id that could lead to another path, and all others beside it", async () => {
  const rows = [...refused.map(([, id]) => id), "good"].map((service_id) => ({ service_id, service_name: "n" }));
  const client: CloudClient = { request: async () => ({ total_count: rows.length, services: rows }) };
  const found = await discover("service-events", client, { workspaces: ["0"], projectId: "p" });
  expect(found.map(({ id }) => id)).toEqual(["good"]);
});

test.each(refused)("a project id from IAM that is %s is an answer that cannot be understood", (_, id) => {
  expect(() => readProjectId({ projects: [{ id, name: "prod" }] }, "prod")).toThrow(CloudError);
});
