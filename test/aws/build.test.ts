// The package says when it was made, and two of the same sources can be made equal.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { builtAt } from "../../lib/aws/build.ts";
import { bundle } from "../../scripts/bundle.ts";
import { folderWith } from "../support/cli.ts";
import { invoke } from "./stage.ts";

const run = promisify(execFile);
const CONFIG = `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }
sources: [{ kind: training-events }]
rules: [{ id: any, when: { level: [error] } }]
channels: { log: { type: console } }
`;

async function bundled(env: Record<string, string>): Promise<string> {
  const folder = await folderWith({});
  const config = join(folder, "lookout.yml");
  writeFileSync(config, CONFIG);
  await bundle({ outdir: join(folder, "build"), config, env });
  return join(folder, "build");
}

/** The time of making that the functions log, before they miss their bus. */
async function loggedBy(build: string): Promise<unknown> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    AWS_REGION: "eu-central-1",
    LOOKOUT_CONFIG: join(build, "lookout.json"),
  };
  const { lines } = await invoke(join(build, "sweep.js"), {}, 55_000, env);
  return lines.find(({ message }) => message === "opening")?.["builtAt"];
}

function filesOf(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.map((path) => [path.slice(folder.length), readFileSync(path, "utf8")]));
}

test("code that was not bundled does not know when", () => {
  expect(builtAt()).toBeUndefined();
});

test("SOURCE_DATE_EPOCH is that time where it is set, and makes equal packages", async () => {
  const [one, other] = [
    await bundled({ SOURCE_DATE_EPOCH: "1700000000" }),
    await bundled({ SOURCE_DATE_EPOCH: "1700000000" }),
  ];
  expect(await loggedBy(one)).toBe("2023-11-14T22:13:20.000Z");
  expect(filesOf(one)).toEqual(filesOf(other));
});

test("a function starts with less than 1 MB in few files, and without what it may never need", async () => {
  const folder = await folderWith({ "lookout.yml": CONFIG });
  const built = join(folder, "build");
  const sizes = await bundle({ outdir: built, config: join(folder, "lookout.yml"), env: {} });
  expect(Object.keys(sizes).sort()).toEqual(["console", "deliver", "health", "notify", "plan", "poll", "sweep"]);
  for (const [name, { start, files }] of Object.entries(sizes)) {
    expect([name, start < 1_048_576]).toEqual([name, true]);
    expect(files).toEqual(expect.arrayContaining(["apart/liquidjs.js", "apart/re2js.js"]));
  }
  for (const name of Object.keys(sizes)) {
    const { files, parts } = await loadedBy(join(built, `${name}.js`));
    expect(files.length, name).toBeLessThan(15);
    // Templates and expressions are compiled for the first event that has some.
    expect(files.filter((file) => file.includes("/apart/"))).toEqual([]);
    // Node's fetch and HTTP/2 take as long as the function's own code.
    expect(parts.filter((part) => /undici\/undici|http2\/core/.test(part))).toEqual([]);
  }
});

/** What the import of a module loads: the files of ours, and the parts of Node. */
async function loadedBy(file: string): Promise<{ files: string[]; parts: string[] }> {
  const script = `import { registerHooks } from "node:module";
    const files = [];
    registerHooks({ load: (url, context, next) => (files.push(url), next(url, context)) });
    await import(${JSON.stringify(pathToFileURL(file).href)});
    const parts = process.moduleLoadList;
    console.log(JSON.stringify({ files: files.filter((url) => url.startsWith("file:")), parts }));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script]);
  return JSON.parse(stdout);
}

test("a SOURCE_DATE_EPOCH that is no number of seconds is reported", async () => {
  await expect(bundled({ SOURCE_DATE_EPOCH: "yesterday" })).rejects.toThrow(
    'SOURCE_DATE_EPOCH is "yesterday": give the seconds since 1970, or unset it',
  );
});
