// Builds what is put on AWS: each function as a bundle of its own, and the configuration with its rules, checked and
// put together, so that no function does so again. One that is invalid is never deployed.
import { copyFile, cp, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { wallClock } from "../lib/app/clock.ts";
import { openConfig } from "../lib/app/open-config.ts";
import { type Environment, processEnvironment } from "../lib/config/environment.ts";
import { createRedactor } from "../lib/config/secrets/redactor.ts";
import type { Config } from "../lib/model/config.ts";
import { atNeed, entriesApart, fileApart, importsApart, inFewFiles } from "./at-need.ts";

const ROOT = resolve(import.meta.dirname, "..");
const PACKS = join(ROOT, "rules");
/**
 * Node's own require, for the CommonJS dependencies among the bundled ones; renamed, since some
 * bring an import of their own.
 */
const BANNER = 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);';

export interface BundleOptions {
  /** The folder that holds the build and nothing else afterwards. */
  outdir: string;
  /** Path of the configuration, packaged as `lookout.json`. */
  config: string;
  /** The variables that the configuration is checked with, and SOURCE_DATE_EPOCH; default: this process's. */
  env?: Environment;
}

/** Resolves to what each function is made of. Throws ConfigError, or esbuild's BuildFailure. */
export async function bundle(options: BundleOptions): Promise<Record<string, Bundled>> {
  const { outdir, config, env = processEnvironment() } = options;
  const making = `${outdir}.${process.pid}`;
  await rm(making, { recursive: true, force: true });
  try {
    await mkdir(making, { recursive: true });
    await writeFile(join(making, "lookout.json"), JSON.stringify(await readConfig(config, env)));
    const bundled = await buildFunctions(making, stampOf(env));
    // For a configuration that comes from elsewhere (lib/aws/configuration/).
    await cp(PACKS, join(making, "packs"), { recursive: true, filter: (path) => !path.endsWith(".examples.yml") });
    await cp(join(ROOT, "lib/console/assets"), join(making, "assets"), { recursive: true });
    // What is bundled goes nowhere without its licences.
    for (const name of ["LICENSE", "NOTICE"]) await copyFile(join(ROOT, name), join(making, name));
    await replace(outdir, making);
    return bundled;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** What is packaged of `folder` with a function; the packs where configurations come from elsewhere. */
export function filesOf(name: string, { files }: Bundled, folder: string, isRemote: boolean): string[] {
  const own = [...files, "lookout.json", "package.json", "LICENSE", "NOTICE"];
  if (name === "console") own.push("assets/**");
  if (isRemote) own.push("packs/**");
  return own.map((file) => `${folder}/${file}`);
}

/** The configuration as the functions read it. It names no folder of this machine. Throws ConfigError. */
export async function readConfig(path: string, env: Environment): Promise<Config> {
  const options = { packsDir: PACKS, env, clock: wallClock, redactor: createRedactor() };
  const { config } = await openConfig(path, options);
  const { store } = config;
  return { ...config, file: basename(path), store: store.type === "sqlite" ? { ...store, path: "" } : store };
}

/**
 * When the package is made, in ms. SOURCE_DATE_EPOCH, in seconds, wins: the same sources then make the same package
 * (https://reproducible-builds.org/specs/source-date-epoch/).
 */
function stampOf({ SOURCE_DATE_EPOCH: epoch }: Environment): number {
  if (!epoch) return wallClock.now();
  if (/^\d{1,12}$/.test(epoch)) return Number(epoch) * 1_000;
  throw new Error(`SOURCE_DATE_EPOCH is "${epoch}": give the seconds since 1970, or unset it`);
}

/** What a function loads when it starts, and all that it may load, in bytes; and the files of that. */
export interface Bundled {
  start: number;
  all: number;
  files: string[];
}

/** All in one go; what several share is built once, and packaged with each of them. */
async function buildFunctions(outdir: string, stamp: number): Promise<Record<string, Bundled>> {
  const folder = join(ROOT, "functions");
  const names = (await readdir(folder)).map((file) => basename(file, ".ts"));
  await writeFile(join(outdir, "package.json"), JSON.stringify({ type: "module", imports: importsApart(".") }));
  const options = {
    absWorkingDir: ROOT,
    outdir,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    legalComments: "none",
    banner: { js: BANNER },
    define: { LOOKOUT_BUILT_AT: String(stamp) },
    logLevel: "warning",
    metafile: true,
  } as const satisfies BuildOptions;
  const functions = await build({
    ...options,
    entryPoints: names.map((name) => join(folder, `${name}.ts`)),
    splitting: true,
    chunkNames: "chunks/[hash]",
    plugins: [...atNeed, inFewFiles(() => "lib/aws/middleware.ts")],
  });
  const apart = await build({ ...options, entryPoints: entriesApart });
  const outputs = { ...functions.metafile.outputs, ...apart.metafile.outputs };
  return Object.fromEntries(
    names.map((name) => {
      const main = Object.keys(outputs).find((file) => outputs[file]!.entryPoint === `functions/${name}.ts`)!;
      const all = reached(outputs, main, ["import-statement", "dynamic-import", "require-call"]);
      const bytesOf = (files: readonly string[]) => files.reduce((sum, file) => sum + outputs[file]!.bytes, 0);
      const files = all.map((file) => relative(outdir, join(ROOT, file)));
      return [name, { start: bytesOf(reached(outputs, main, ["import-statement"])), all: bytesOf(all), files }];
    }),
  );
}

/** The files that come with one by imports of these kinds, itself the first. */
function reached(outputs: Metafile["outputs"], main: string, kinds: readonly string[]): string[] {
  const found = new Set([main]);
  for (const file of found) {
    for (const { path, kind } of outputs[file]!.imports) {
      const output = path in outputs ? path : join(dirname(main), fileApart(path) ?? "");
      if (kinds.includes(kind) && output in outputs) found.add(output);
    }
  }
  return [...found];
}

/**
 * Moves every file of `made` into `folder` and removes all others: who reads the folder meanwhile
 * finds each file whole.
 */
async function replace(folder: string, made: string): Promise<void> {
  const files = await filesIn(made);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await rename(join(made, file), join(folder, file));
  }
  for (const file of await filesIn(folder)) if (!files.includes(file)) await rm(join(folder, file), { force: true });
}

/** Paths relative to the folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
