// Makes the package that is published: few files, so that a command starts fast, and a package.json without what only a
// checkout needs.
// `prepack` writes it, `postpack` puts the checkout's own back.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { BuildOptions, PluginBuild } from "esbuild";

/**
 * What npm installs beside the package: the types of zod are among those of the library. All else is built in, in the
 * versions of the lock file: a command starts in half the time, and an install is a fraction of what it was.
 */
const TYPES = ["zod"];
/** pg looks for it, and goes on without. */
const ABSENT = ["pg-native"];
const KEPT = ".package.json.checkout";
/** Below dist. */
const CHUNKS = "chunks";
const BUILT = {
  outdir: "dist",
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
} as const satisfies Partial<BuildOptions>;

async function prepack(): Promise<void> {
  rmSync("dist", { recursive: true, force: true });
  execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
  // Loaded here: what only puts package.json back needs no tools.
  const { build } = await import("esbuild");
  const { atNeed, entriesApart, importsApart, inFewFiles } = await import("./at-need.ts");
  const command = [...atNeed, inFewFiles(loadedBefore), { name: "constants at need", setup: deferConstants }];
  await build({
    ...BUILT,
    entryPoints: [{ in: "lib/cli/main.ts", out: "lib/cli/main" }],
    splitting: true,
    chunkNames: `${CHUNKS}/[hash]`,
    plugins: command,
  });
  // Built by themselves, or what they have in common with a command would be in files of its own.
  await build({ ...BUILT, entryPoints: [{ in: "lib/index.ts", out: "lib/index" }], plugins: atNeed });
  await build({ ...BUILT, entryPoints: entriesApart });
  const { preparePacks } = await import("./packs.ts");
  await preparePacks("rules", "dist/packs");
  // The console finds them beside the file that it is in.
  cpSync("lib/console/assets", `dist/${CHUNKS}/assets`, { recursive: true });
  copyFileSync("package.json", KEPT);
  const {
    optionalDependencies: _node,
    devDependencies: _tools,
    scripts: _scripts,
    ...manifest
  } = JSON.parse(readFileSync("package.json", "utf8"));
  manifest.dependencies = Object.fromEntries(TYPES.map((name) => [name, manifest.dependencies[name]]));
  manifest.imports = importsApart("./dist");
  manifest.exports = { ".": { types: "./dist/lib/index.d.ts", default: "./dist/lib/index.js" } };
  // npm still runs this one after packing.
  manifest.scripts = { postpack: "node scripts/pack.ts restore" };
  writeFileSync("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
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

if (process.argv[2] === "restore") renameSync(KEPT, "package.json");
else await prepack();
