// Builds what is put on AWS: the functions as ES modules that share their chunks, the configuration, and the rule files
// it includes. The configuration is checked first: one that is invalid is never deployed.
import { copyFile, cp, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { build } from "esbuild";
import { wallClock } from "../lib/app/clock.ts";
import { openConfig } from "../lib/app/open-config.ts";
import { type Environment, processEnvironment } from "../lib/config/environment.ts";
import { createRedactor } from "../lib/config/secrets/redactor.ts";

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
  /** Path of the configuration, packaged as `lookout.yml`. */
  config: string;
  /** The variables that the configuration is checked with, and SOURCE_DATE_EPOCH; default: this process's. */
  env?: Environment;
}

/**
 * Resolves to the size of the code in bytes. Throws ConfigError, esbuild's BuildFailure, or an Error about an include.
 */
export async function bundle(options: BundleOptions): Promise<{ bytes: number }> {
  const { outdir, config, env = processEnvironment() } = options;
  const making = `${outdir}.${process.pid}`;
  await rm(making, { recursive: true, force: true });
  try {
    await mkdir(making, { recursive: true });
    await copyConfig(config, making, env);
    await buildFunctions(making, stampOf(env));
    await cp(join(ROOT, "lib/console/assets"), join(making, "assets"), { recursive: true });
    const bytes = await sizeOf(making);
    // What is bundled goes nowhere without its licences.
    for (const name of ["LICENSE", "NOTICE"]) await copyFile(join(ROOT, name), join(making, name));
    await replace(outdir, making);
    return { bytes };
  } finally {
    await rm(making, { recursive: true, force: true });
  }
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

async function buildFunctions(outdir: string, stamp: number): Promise<void> {
  const folder = join(ROOT, "functions");
  await build({
    absWorkingDir: ROOT,
    entryPoints: (await readdir(folder)).map((file) => join(folder, file)),
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[hash]",
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    // Not minified: it would save 50 KB of the package and no time, and stack traces would say
    // nothing without source maps.
    legalComments: "none",
    banner: { js: BANNER },
    define: { LOOKOUT_BUILT_AT: String(stamp) },
    logLevel: "warning",
  });
  await writeFile(join(outdir, "package.json"), '{ "type": "module" }\n');
}

/** Copies the configuration and every rule file it reads: own ones where they stand beside it, packs into `packs/`. */
async function copyConfig(config: string, outdir: string, env: Environment): Promise<void> {
  const options = { packsDir: PACKS, env, clock: wallClock, redactor: createRedactor() };
  const { places } = await openConfig(config, options);
  await copyFile(config, join(outdir, "lookout.yml"));
  for (const file of places.files.slice(1)) {
    const path = resolve(file);
    const pack = isWithin(PACKS, path);
    const place = pack ? join("packs", relative(PACKS, path)) : relative(dirname(resolve(config)), path);
    if (!pack && !isWithin(dirname(resolve(config)), path)) {
      throw new Error(
        `${basename(config)} includes ${file}, which cannot be packaged: move it into the folder of ${config}`,
      );
    }
    await mkdir(dirname(join(outdir, place)), { recursive: true });
    await copyFile(path, join(outdir, place));
  }
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith("..") && !isAbsolute(way);
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

async function sizeOf(folder: string): Promise<number> {
  const files = (await filesIn(folder)).filter((file) => file.endsWith(".js"));
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
