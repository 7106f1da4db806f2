// Loaded into the process under test: writes the longest turn of its event loop and the most memory it took when it ends.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
process.on("exit", () => {
  const figures = { turn: delay.max / 1e6, memory: process.resourceUsage().maxRSS / 1024 };
  writeFileSync(join(process.env["FIGURES"], `${process.pid}.json`), JSON.stringify(figures));
});
