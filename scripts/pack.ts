// Makes the package that is published: built JavaScript, and a package.json without what only a checkout needs.
// `prepack` writes it, `postpack` puts the checkout's own back.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

const KEPT = ".package.json.checkout";

function prepack(): void {
  rmSync("dist", { recursive: true, force: true });
  execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
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
else prepack();
