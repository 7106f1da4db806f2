// Which files may be copied to where others read them, and that such a copy is read to the same configuration.
import { join } from "node:path";
import { expect, test } from "vitest";
import { compact } from "../../../lib/config/document/compact.ts";
import { readDocument } from "../../../lib/config/document/document.ts";
import { mayHoldSecrets } from "../../../lib/config/lint/copying.ts";
import { loadConfig } from "../../../lib/config/load/load.ts";
import { depsIn, load, writeFiles } from "../workspace.ts";
import { file, type Parts } from "./linting.ts";

async function isHeldBack(parts: Parts): Promise<boolean> {
  const folder = await writeFiles({ "lookout.yml": file(parts) });
  const path = join(folder, "lookout.yml");
  const { config } = await loadConfig(path, depsIn(folder));
  return mayHoldSecrets(config, (await readDocument(path, path)).root);
}

const checked = (target: string): Parts => ({ sources: `[{ kind: http, targets: [{ id: a, ${target} }] }]` });
const hook = (more: string): Parts => ({ channels: `{ out: { type: webhook, ${more} } }` });

test.each<[string, Parts]>([
  ["a password in an address that is checked", checked('url: "https://user:pw@localhost/health"')],
  ["a user alone, which may be a key", checked('url: "https://pk_live@localhost/health"')],
  ["a password with white space", checked('url: "https://user:my pw@localhost/health"')],
  ["a parameter that is called a key", checked('url: "https://localhost/health?api_key=short"')],
  ["a parameter that looks like a key", checked('url: "https://localhost/health?q=9f8a7b6c5d4e3f2a1b0c"')],
  ["a header of any name", checked('url: "https://localhost", header: { X-Tenant: acme }')],
  ["a header whose value is a number", checked('url: "https://localhost", header: { X-Pin: 1234 }')],
  ["a header that is partly a reference", checked('url: "https://localhost", header: { X-Pin: "12${env:A}" }')],
  ["a header of a webhook", hook('url: "${env:A}", headers: { X-Tenant: acme }')],
  ["a key in a webhook's path beside a reference", hook('url: "https://h/9f8a7b6c5d4e3f2a1b0c/${env:A}"')],
  ["a password in a rule's text", { rules: '[{ id: a, when: { level: [error] }, runbook: "https://u:pw@wiki/a" }]' }],
  ["a secret that the lint knows", hook('url: "${env:A}", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')],
])("one with %s is held back", async (_, parts) => {
  expect(await isHeldBack(parts)).toBe(true);
});

test.each<[string, Parts]>([
  ["references alone", hook('url: "${env:A}", headers: { Authorization: "Bearer ${env:B}" }, secret: "${ssm:/s}"')],
  ["an address with references", checked('url: "https://${env:U}:${env:P}@localhost/?token=${env:T}"')],
  ["headers that say what is wanted", checked('url: "https://localhost", header: { Accept: "application/json" }')],
  ["a service's id in a path", checked('url: "https://localhost/v1/infers/0b6cb3c2-2d4f-4a0e-9c1d-1f2e3d4c5b6a"')],
  ["a page with a parameter", { rules: '[{ id: a, when: { level: [error] }, runbook: "https://wiki/a?page=7" }]' }],
])("one with %s is not", async (_, parts) => {
  expect(await isHeldBack(parts)).toBe(false);
});

test("a copy has no comments, and is read to the same configuration", async () => {
  const text = `# a comment
connections: { prod: &one { cloud: otc, region: eu-de, projectId: 01234567890123456789012345678901 }, other: *one } # another
sources: [{ kind: training-events, connection: prod, every: 5m, labels: { a: "x # y", b: "1" } }]
rules:
  - id: any
    when: { level: [error], detail: { code: [1.50, 1e3, null, true, "\\u00e9\\t\\"", '\${env:A}'] } }
channels: { log: { type: console } }
`;
  const folder = await writeFiles({ "lookout.yml": text });
  const path = join(folder, "lookout.yml");
  const copy = compact(await readDocument(path, path));
  expect(copy).not.toMatch(/comment|another/);
  const [{ config: first }, { config: second }] = [await loadConfig(path, depsIn(folder)), await load(copy)];
  expect({ ...second, file: "", store: "" }).toEqual({ ...first, file: "", store: "" });
});
