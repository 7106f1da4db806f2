// One half of the storm, in the folder of its configuration: `fill` polls alerts into the state and notifies nobody,
// `notify` runs the daemon until so many deliveries are through, or until it is asked to end.

import { wallClock } from "../lib/app/clock.ts";
import { reconcileRules } from "../lib/app/evaluation/registry.ts";
import { pollSource } from "../lib/app/polling/poll.ts";
import { assemble, openStore, readConfig } from "../lib/cli/open.ts";
import { createLocalBus, runDaemon } from "../lib/local/daemon.ts";
import { ioTo } from "../test/support/io.ts";
import { countFromHere } from "./usage.ts";

const [mode, deliveries] = process.argv.slice(2);
const AGO_MS = 120_000;
const stop = new AbortController();
let delivered = 0;
process.once("SIGTERM", () => stop.abort());
const io = ioTo(
  () => {},
  (text) => {
    process.stderr.write(text);
    if (text.includes(" delivered ") && ++delivered === Number(deliveries)) stop.abort();
  },
);
const config = await readConfig("lookout.yml");
const store = await openStore(io, config, undefined);
const bus = createLocalBus(wallClock.sleep);
const { app } = assemble(io, config, store, bus);
if (mode === "fill") {
  await reconcileRules(app);
  // A while ago: nothing waits for the end of its poll round any more.
  const earlier = { ...app, clock: { ...wallClock, now: () => wallClock.now() - AGO_MS } };
  const { found, failing } = await pollSource(earlier, app.config.sources[0]!, stop.signal);
  if (found !== Number(deliveries)) throw new Error(`found ${found} events: ${JSON.stringify(failing)}`);
} else {
  countFromHere();
  await runDaemon(app, bus, stop.signal);
}
await store.close();
