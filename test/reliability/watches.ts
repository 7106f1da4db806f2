// The ways in which Lookout watches the story: rounds by cron, daemons, functions; whoever dies is followed by another.
import type { App } from "../../lib/app/deps.ts";
import { reconcileRules } from "../../lib/app/evaluation/registry.ts";
import { ringOf, tick } from "../../lib/app/tick.ts";
import { PollFailed, pollKind } from "../../lib/aws/poll.ts";
import { createLocalBus, runDaemon } from "../../lib/local/daemon.ts";
import { runOnce } from "../../lib/local/once.ts";
import { SOURCE_KINDS } from "../../lib/model/source-kinds.ts";
import type { Proc } from "./conductor.ts";
import type { Stage } from "./stage.ts";
import { MINUTE, SETTLED, T0 } from "./story.ts";

export type Watch = (stage: Stage) => Promise<void>;

const RESTART_MS = 1_000;

function until({ clock }: Proc, minute: number): Promise<void> {
  return clock.sleep(Math.max(0, T0 + minute * MINUTE - clock.now()));
}

/** `lookout run --once` every minute; after a death at once, and for a minute longer. */
export async function inRounds(stage: Stage): Promise<void> {
  for (let life = 1; ; life++) {
    const { proc, app } = stage.start(`p${life}`);
    const round = () => runOnce(app, new AbortController().signal);
    await proc.run(async () => {
      if (life > 1) await proc.clock.sleep(RESTART_MS);
      if (life > 1) await round();
      for (let minute = 1; minute < SETTLED + life; minute++) {
        if (proc.clock.now() >= T0 + minute * MINUTE) continue;
        await until(proc, minute);
        await round();
      }
    });
    if (!proc.dead) return;
  }
}

/** So many `lookout run` at once on one state, the first from the start, the others as the seed has it. */
export function asDaemons(count: number): Watch {
  return async (stage) => {
    async function supervise(place: number): Promise<void> {
      for (let life = 1; ; life++) {
        const bus = createLocalBus((ms, signal) => proc.clock.sleep(ms, signal));
        const { proc, app } = stage.start(`d${place}.${life}`, bus.publish);
        await proc.run(async () => {
          await proc.clock.sleep(life > 1 ? RESTART_MS : place === 1 ? 0 : stage.conductor.random.int(0, 2_000));
          const stop = new AbortController();
          // Not awaited: it ends the daemon that is.
          void until(proc, SETTLED + 2.75).then(() => stop.abort());
          await runDaemon(app, bus, stop.signal);
        });
        if (!proc.dead) return;
      }
    }
    await Promise.all(Array.from({ length: count }, (_, place) => supervise(place + 1)));
    // What a stop has left unread, and what was still claimed.
    const last = stage.start("last");
    await last.proc.run(async () => {
      await last.proc.clock.sleep(MINUTE);
      await runOnce(last.app, new AbortController().signal);
    });
  };
}

/** The functions on their schedules, each invoked so many times at once, and `notify` with every ring of the bus. */
export function asFunctions(times: number): Watch {
  return async (stage) => {
    const containers = new Map<string, { proc: Proc; app: App }>();
    const invocations = new Set<Promise<void>>();
    const { signal } = new AbortController();

    /** In the function's container, or in a new one where that died. */
    function invoke(name: string, work: (app: App) => Promise<unknown>): void {
      let container = containers.get(name);
      if (container === undefined || container.proc.dead) {
        container = stage.start(`${name}#${stage.procs.length}`, async (_transitions, groups, round) => {
          invoke(`notify-${stage.procs.length}`, (app) => tick(app, signal, { rung: () => ringOf(groups, round) }));
        });
        containers.set(name, container);
      }
      const { proc, app } = container;
      const invocation = proc.run(async () => {
        await reconcileRules(app);
        await work(app).catch((error: unknown) => {
          if (!(error instanceof PollFailed)) throw error;
        });
      });
      invocations.add(invocation);
    }

    const scheduler = stage.conductor.spawn("scheduler");
    await scheduler.run(async () => {
      for (let minute = 1; minute <= SETTLED + 5; minute++) {
        await until(scheduler, minute);
        for (let copy = 1; copy <= times; copy++) {
          for (const kind of SOURCE_KINDS) invoke(`${kind}-${copy}`, (app) => pollKind(app, kind, signal));
          invoke(`sweep-${copy}`, (app) => tick(app, signal, { timers: true, due: true }));
        }
        if (minute % 5 === 0) invoke("health", (app) => tick(app, signal, { health: {}, due: true }));
      }
    });
    // Those included that are rung meanwhile.
    for (const invocation of invocations) await invocation;
  };
}
