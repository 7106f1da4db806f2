// Builds what is published, so that it starts fast: the command, which the tests run, too, and the library.
import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildOptions, build, type PluginBuild } from "esbuild";
import { atNeed, entriesApart, inFewFiles } from "./at-need.ts";
import { preparePacks } from "./packs.ts";

const ROOT = resolve(import.meta.dirname, "..");
/** pg looks for it, and goes on without. */
const ABSENT = ["pg-native"];
/** Below the folder of the build. */
const CHUNKS = "chunks";
const BUILT = {
  absWorkingDir: ROOT,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  external: ABSENT,
  // For the CommonJS dependencies; renamed, since some bring an import of their own.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
  // Less to read; names stay, for whoever reads a stack.
  minifyWhitespace: true,
  minifySyntax: true,
  // The licences of what is built in are in NOTICE.
  legalComments: "none",
  logLevel: "warning",
} as const satisfies BuildOptions;

/**
 * Writes `lib/cli/main.js` and all that it loads below `outdir`, with the rule packs as they were read and checked. The
 * package.json beside `outdir` must have the imports of `importsApart`. Throws esbuild's BuildFailure.
 */
export async function buildCommand(outdir: string): Promise<void> {
  await build({
    ...BUILT,
    outdir,
    entryPoints: [{ in: "lib/cli/main.ts", out: "lib/cli/main" }],
    splitting: true,
    chunkNames: `${CHUNKS}/[hash]`,
    plugins: [...atNeed, inFewFiles(loadedBefore), { name: "constants at need", setup: deferConstants }],
  });
  await build({ ...BUILT, outdir, entryPoints: entriesApart });
  await preparePacks(join(ROOT, "rules"), join(outdir, "packs"));
  // The console finds them beside the file that it is in.
  cpSync(join(ROOT, "lib/console/assets"), join(outdir, CHUNKS, "assets"), { recursive: true });
}

/** By itself, or what it has in common with a command would be in files of its own. */
export async function buildLibrary(outdir: string): Promise<void> {
  await build({ ...BUILT, outdir, entryPoints: [{ in: "lib/index.ts", out: "lib/index" }], plugins: atNeed });
}

/** What a command has loaded by the time it imports more. */
function loadedBefore(importer: string): string {
  return /^lib\/cli\/(program|commands\/schema)/.test(importer) ? "lib/cli/main.ts" : "lib/cli/open.ts";
}

/** What these make while they are loaded takes a tenth of the start, and few commands print what is not ASCII. */
function deferConstants({ onLoad }: PluginBuild): void {
  onLoad({ filter: /\/node_modules\/(string-width|wrap-ansi)\/index\.js$/ }, ({ path }) => {
    const source = readFileSync(path, "utf8");
    const made = [...source.matchAll(/^const (\w+) = (new .+|\/.+\/\w*);$/gm)];
    if (made.length === 0) throw new Error(`${path} makes nothing while it is loaded any more: defer nothing here`);
    let contents = source;
    for (const [whole, name, value] of made) {
      const used = contents.replace(whole, "").replaceAll(new RegExp(`\\b${name}\\b`, "g"), `${name}()`);
      contents = `${used}\nlet made_${name}; function ${name}() { return (made_${name} ??= ${value}); }`;
    }
    return { contents, loader: "js" };
  });
}
