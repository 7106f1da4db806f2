#!/usr/bin/env node
// The command as npm installs it: says so where Node is too old, answers `--version`, and runs everything else.
import "./inspector.js";
import "./node-version.js";
import "./threads.js";
import { readFileSync, writeSync } from "node:fs";

// Scripts ask for it at every turn: nothing else is loaded for that.
if (process.argv[2] === "--version" && process.argv.length === 3) sayVersion();
else await import("./command.js");

function sayVersion() {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  try {
    writeSync(1, `${version}\n`);
  } catch {
    process.exitCode = 1;
  }
}
