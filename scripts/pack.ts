// Makes the package that is published: few files, so that a command starts fast, and a package.json without what only a
// checkout needs.
// `prepack` writes it, `postpack` puts the checkout's own back.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** What is imported by its path: by bin/lookout.js, by programs, and what finds files beside itself. */
const ENTRIES = ["lib/cli/main", "lib/cli/terminal", "lib/local/outlet", "lib/index", "lib/console/server"];
const KEPT = ".package.json.checkout";

async function prepack(): Promise<void> {
  rmSync("dist", { recursive: true, force: true });
  execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
  // Loaded here: what only puts package.json back needs no tools.
  const { build } = await import("esbuild");
  await build({
    entryPoints: ENTRIES.map((name) => `${name}.ts`),
    outbase: ".",
    outdir: "dist",
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[hash]",
    format: "esm",
    platform: "node",
    target: "node24",
    // Dependencies stay packages of their own, as npm audits and updates them.
    packages: "external",
    legalComments: "none",
    logLevel: "warning",
  });
  cpSync("lib/console/assets", "dist/lib/console/assets", { recursive: true });
  copyFileSync("package.json", KEPT);
  const {
    optionalDependencies: _node,
    devDependencies: _tools,
    scripts: _scripts,
    ...manifest
  } = JSON.parse(readFileSync("package.json", "utf8"));
  manifest.exports = { ".": { types: "./dist/lib/index.d.ts", default: "./dist/lib/index.js" } };
  // npm still runs this one after packing.
  manifest.scripts = { postpack: "node scripts/pack.ts restore" };
  writeFileSync("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
}

if (process.argv[2] === "restore") renameSync(KEPT, "package.json");
else await prepack();
