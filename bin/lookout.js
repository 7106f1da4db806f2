#!/usr/bin/env node
// The command as npm installs it: says so where Node is too old, then runs the built code, or the sources in a checkout.
import "./node-version.js";
import { existsSync, readFileSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

// A watcher shares its machine with what it watches: V8 shall collect its garbage early instead of growing its heap as far as
// the machine allows. Half the memory during a catch-up, for a tenth more processor time (docs/performance.md).
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=100");

// Nothing is told in the machine's own time zone; but dates in templates would go wrong in the hours in which its clocks change.
process.env.TZ = "UTC";

const root = new URL("../", import.meta.url);
// Half the time to start. Where nothing can be written there, it starts without.
module.enableCompileCache?.(fileURLToPath(new URL("node_modules/.cache/lookout", root)));
const sources = existsSync(new URL("lib/cli/main.ts", root));
const load = (name) => import(new URL(sources ? `lib/cli/${name}.ts` : `dist/lib/cli/${name}.js`, root).href);
const { main } = await load("main");
const { terminalOf } = await load("terminal");
const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  ...terminalOf(process.stdout, process.env),
};
// A reader that has seen enough (head, grep -q) is no failure of ours.
process.stdout.on("error", (error) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2), io, version);
