// Runs the built code, or the sources in a checkout, on this process's arguments, output and environment.
import { existsSync, readFileSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

/** Commands that read or hold much. */
const LASTING = new Set(["run", "start", "backtest", "test", "top"]);

// Whatever ends at once has little garbage, and starts faster with what Node has compiled for V8's own flags.
if (LASTING.has(process.argv[2])) await import("./heap.js");

// Nothing is shown in the machine's own time zone; but dates in templates would go wrong in the
// hours in which its clocks change.
process.env.TZ = "UTC";

const root = new URL("../", import.meta.url);
// Half the time to start. Where nothing can be written there, it starts without.
module.enableCompileCache?.(fileURLToPath(new URL("node_modules/.cache/lookout", root)));
const sources = existsSync(new URL("lib/cli/main.ts", root));
const built = new URL(sources ? "lib/cli/main.ts" : "dist/lib/cli/main.js", root);
const { createOutlet, main, terminalOf } = await import(built.href);
const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
// A terminal that is stopped (Ctrl-S), or whose far end hangs, would else stop the whole process at its next line.
for (const { isTTY, _handle } of [process.stdout, process.stderr]) if (isTTY) _handle?.setBlocking?.(false);
const stderr = createOutlet(process.stderr, {
  notice: (lines) => `${new Date().toISOString()} warn  lines dropped, since nobody read them count=${lines}\n`,
});
// The command may have ended by then, or not yet.
let unwritten = false;
const stdout = createOutlet(process.stdout, {
  failed(reason) {
    unwritten = true;
    process.exitCode = 1;
    stderr.write(`lookout: ${reason}\n`);
  },
});
const io = {
  out: stdout.write,
  err: stderr.offer,
  send: stdout.send,
  live: stdout.offer,
  gone: stdout.gone,
  ...terminalOf(process.stdout, process.env),
};
const code = await main(process.argv.slice(2), io, version);
process.exitCode = code === 0 && unwritten ? 1 : code;
