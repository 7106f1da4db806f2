// The workflow that makes a release: what it may do, what it runs, and what a linter of workflows finds in it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { findTools } from "../support/tools.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".github/workflows");

interface Job {
  needs?: string;
  permissions: Record<string, string>;
  steps: { uses?: string; run?: string; env?: Record<string, string> }[];
}
const workflow = parse(readFileSync(join(FOLDER, "release.yml"), "utf8"));
const jobs: Record<string, Job> = workflow.jobs;
const commands = (name: string) => jobs[name]!.steps.map(({ run = "" }) => run).join("\n");
const tools = await findTools();

describe("a release", () => {
  it("publishes nothing that has not passed every check", () => {
    expect(commands("check")).toContain(".ci/run");
    for (const name of ["package", "image"]) expect(jobs[name]!.needs).toBe("check");
    expect(commands("image")).toContain("test/deploy/image.test.ts");
  });

  it("is what the tag says, which is the version of the package", () => {
    expect(workflow.on).toEqual({ push: { tags: ["v*"] } });
    expect(jobs["check"]!.steps.findIndex(({ run }) => run?.includes("jq -r .version package.json"))).toBe(1);
  });

  it("says where the package, the bill of materials and the image come from", () => {
    expect(commands("package")).toMatch(/npm@\S+ publish --provenance --access public/);
    expect(commands("package")).toMatch(
      /npm run --silent sbom > lookout\.cdx\.json[\s\S]*gh release create .* lookout\.cdx\.json/,
    );
    for (const name of ["package", "image"]) {
      expect(jobs[name]!.steps.some(({ uses }) => uses?.startsWith("actions/attest-build-provenance@"))).toBe(true);
      expect(jobs[name]!.permissions).toMatchObject({ "id-token": "write", attestations: "write" });
    }
    expect(commands("image")).toMatch(/buildx build .*--provenance=mode=max --sbom=true/);
  });

  it("holds no secret but the token of its own run, and takes actions by their content", () => {
    expect(workflow.permissions).toEqual({});
    expect(JSON.stringify(workflow)).not.toContain("secrets.");
    for (const { uses } of Object.values(jobs).flatMap(({ steps }) => steps)) {
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    }
  });

  it.skipIf(tools === null)("has nothing that zizmor finds", async () => {
    // In CI it writes in colours.
    expect(stripVTControlCharacters(await tools!.zizmor(FOLDER))).toMatch(/^(No findings to report.*)?\s*$/);
  });
});
