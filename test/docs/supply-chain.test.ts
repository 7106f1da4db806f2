// What Lookout is made of is said, completely and as it is: licences, the bill of materials, the lock
// file, the package's own fields.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dependencies } from "../../scripts/dependencies.ts";
import { notice } from "../../scripts/notice.ts";
import { sbom } from "../../scripts/sbom.ts";
import { findTools } from "../support/tools.ts";
import { ROOT } from "./markdown.ts";

const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
const manifest = JSON.parse(read("package.json"));
const lock = JSON.parse(read("package-lock.json"));

test("NOTICE holds the licences of what the lock file names (else: npm run notice)", () => {
  expect(read("NOTICE") === notice()).toBe(true);
  for (const { name, version, optional } of dependencies()) {
    expect([name, notice().includes(`${name} ${version} (`)]).toEqual([name, !optional]);
  }
});

test("every dependency at run time is in NOTICE and in the bill of materials, with its checksum and licence", () => {
  const { components, dependencies: graph, ...head } = sbom();
  expect(head).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
  const names = components.map(({ name }) => name);
  for (const name of [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)])
    expect(names).toContain(name);
  for (const name of Object.keys(manifest.devDependencies)) expect(names).not.toContain(name);
  for (const { hashes, licenses, purl } of components) {
    expect(hashes[0]!.content).toMatch(/^[0-9a-f]{128}$/);
    expect(licenses).toHaveLength(1);
    expect(graph[0]!.dependsOn).toContain(purl);
  }
  expect(new Set(names.map((name, at) => `${name} ${components[at]!.purl}`)).size).toBe(components.length);
  expect(JSON.stringify(sbom())).toBe(JSON.stringify(sbom()));
});

const tools = await findTools();
test.skipIf(tools === null)("the bill of materials is what CycloneDX's own schema describes", async () => {
  expect(await tools!.check("cyclonedx", sbom())).toBe("");
  expect(await tools!.check("cyclonedx", { ...sbom(), components: [{ type: "library" }] })).toContain("'name'");
});

test("the lock file pins every package by its checksum, and names no address that it must come from", () => {
  for (const [path, entry] of Object.entries<{ integrity?: string; resolved?: string; link?: boolean }>(
    lock.packages,
  )) {
    if (path === "") continue;
    expect([path, entry.integrity?.startsWith("sha512-"), entry.resolved]).toEqual([path, true, undefined]);
  }
});

test("the package is in a scope of its own, says where it comes from, and brings its notices", () => {
  expect(manifest.name).toBe("@lookout-alerts/lookout");
  expect([lock.name, lock.packages[""].name]).toEqual([manifest.name, manifest.name]);
  expect(manifest.bin).toEqual({ lookout: "bin/lookout.js" });
  for (const url of [manifest.repository.url, manifest.bugs.url]) expect(url).toContain("lookout-alerts/lookout");
  expect(manifest.files).toEqual(expect.arrayContaining(["LICENSE", "NOTICE", "SECURITY.md"]));
});

test("SECURITY.md names the version of Node that a checkout brings", () => {
  expect(new Set(Object.values(manifest.optionalDependencies))).toEqual(new Set([process.versions.node]));
  expect(read("SECURITY.md")).toContain(`/v${process.versions.node}/SHASUMS256.txt`);
});

test("the README says that `npx lookout` is of a checkout before the second command that uses it", () => {
  const [, before = ""] = read("README.md").split("npx lookout check --live");
  expect(before.slice(0, before.indexOf("npx lookout send-test"))).toMatch(/`npx lookout` runs this checkout/);
});

test("the README explains the warning of an npm that runs on an older Node, before whoever meets it asks", () => {
  const [before = "", after] = read("README.md").split("npm ci && npm start");
  expect(after).toBeDefined();
  expect(before).toContain("`npm warn EBADENGINE`");
});
