// `npm run bench -- bundles`: what each function on AWS loads when it starts, and how much CPU its import takes. A run
// is a process of its own; the least of five counts, since whatever else runs here only adds to it.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { bundle } from "../scripts/bundle.ts";

const RUNS = 5;
const CONFIG = `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }
sources: [{ kind: training-events }]
rules: [{ include: modelarts/training }]
channels: { log: { type: console } }
`;
const run = promisify(execFile);

/** CPU milliseconds of this process for the import; 0 for none. */
async function importOf(url: string): Promise<number> {
  const code = `const before = process.cpuUsage(); await import(${JSON.stringify(url)});
const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code]);
  return Number(stdout);
}

const folder = await mkdtemp(join(tmpdir(), "lookout-bundles-"));
try {
  const config = join(folder, "lookout.yml");
  await writeFile(config, CONFIG);
  const build = join(folder, "build");
  const sizes = await bundle({ outdir: build, config, env: {} });
  console.log("| function | starts with (KB) | may load (KB) | CPU of the import (ms) |\n| --- | --- | --- | --- |");
  for (const [name, { start, all }] of Object.entries(sizes)) {
    const times: number[] = [];
    for (let at = 0; at < RUNS; at++) times.push(await importOf(pathToFileURL(join(build, `${name}.js`)).href));
    const kilobytes = (bytes: number) => Math.round(bytes / 1_024);
    console.log(`| ${name} | ${kilobytes(start)} | ${kilobytes(all)} | ${Math.round(Math.min(...times))} |`);
  }
} finally {
  await rm(folder, { recursive: true });
}
