// Loaded into the process under test: when it ends, it writes the longest turn of its event loop, in processor time, since the
// machine has other work too, and the most memory it took.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const TICK_MS = 5;
/** Loading the program is one long turn. */
const LOADED_MS = 1_500;

let longest = 0;
let before = process.cpuUsage();
function tick() {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  longest = Math.max(longest, (user + system) / 1_000);
}
setTimeout(() => {
  before = process.cpuUsage();
  setInterval(tick, TICK_MS).unref();
}, LOADED_MS).unref();
process.on("exit", () => {
  const figures = { turn: longest, memory: process.resourceUsage().maxRSS / 1024 };
  writeFileSync(join(process.env["FIGURES"], `${process.pid}.json`), JSON.stringify(figures));
});
