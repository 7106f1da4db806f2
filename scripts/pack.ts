// Makes the package that is published: few files, so that a command starts fast, and a package.json without what only a
// checkout needs.
// `prepack` writes it, `postpack` puts the checkout's own back.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * What npm installs beside the package: the types of zod are among those of the library. All else is built in, in the
 * versions of the lock file: a command starts in half the time, and an install is a fraction of what it was.
 */
const TYPES = ["zod"];
const KEPT = ".package.json.checkout";

async function prepack(): Promise<void> {
  rmSync("dist", { recursive: true, force: true });
  execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
  // Loaded here: what only puts package.json back needs no tools.
  const { buildCommand, buildLibrary } = await import("./build-command.ts");
  const { importsApart } = await import("./at-need.ts");
  await buildCommand("dist");
  await buildLibrary("dist");
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

if (process.argv[2] === "restore") renameSync(KEPT, "package.json");
else await prepack();
