// Daemons on machines whose clocks differ, on a store that knows who lives: one polls a source at a time.
import { describe, expect, it } from "vitest";
import type { App } from "../../../lib/app/deps.ts";
import { type SourceRow, sourceKey } from "../../../lib/app/persistence/rows.ts";
import { pollLeased } from "../../../lib/app/polling/poll.ts";
import type { Store } from "../../../lib/store/port.ts";
import { type Bench, bench } from "../support.ts";

const YAML = `
rules: [{ id: any, when: { level: [error] }, by: [] }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const SECOND = 1_000;

interface Daemons {
  b: Bench;
  /** What a daemon whose clock is half a minute ahead leaves to others. */
  elsewhere(): Promise<number>;
  /** The daemon that is right writes that it polls, up to so many seconds from now; `more`: and this. */
  holds(seconds: number, more?: Partial<SourceRow>): Promise<void>;
  die(): void;
  pass(seconds: number): void;
}

async function daemons(knowsWhoLives = true): Promise<Daemons> {
  let isGone = false;
  let elapsed = 0;
  const peers = { identity: () => ({ id: "", isGone: () => isGone }), onDue() {} };
  const wrapStore = (store: Store): Store => (knowsWhoLives ? { ...store, peers } : store);
  const b = await bench({ yaml: YAML, wrapStore });
  await b.beats(1);
  const { clock } = b.app;
  const ahead: App = {
    ...b.app,
    clock: {
      now: () => clock.now() + 30 * SECOND,
      sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
    },
    identity: { id: "ahead", isGone: () => isGone },
  };
  const key = sourceKey("service-events");
  return {
    b,
    async elsewhere() {
      const polled = await pollLeased(ahead, ahead.config.sources[0]!, new AbortController().signal);
      return polled.elsewhere.length;
    },
    async holds(seconds, more = {}) {
      const { data, version } = (await b.store.get<SourceRow>(key))!;
      const lease = { by: "right", until: clock.now() + seconds * SECOND };
      await b.store.commit([{ op: "put", ...key, data: { ...data, lease, ...more }, expect: version }]);
    },
    die() {
      isGone = true;
    },
    pass(seconds) {
      elapsed += seconds;
      b.to(1 + elapsed / 60);
    },
  };
}
describe("a daemon whose clock is ahead", () => {
  it("leaves a source alone for as long as another daemon's run goes on", async () => {
    const { elsewhere, holds, pass } = await daemons();
    for (let n = 0; n < 5; n++) {
      await holds(10);
      expect(await elsewhere()).toBe(1);
      pass(8);
      expect(await elsewhere()).toBe(1);
    }
    // It lives, but hangs.
    pass(12);
    expect(await elsewhere()).toBe(0);
  });

  it("takes it over at once from one that is gone, or has given it back", async () => {
    for (const ends of ["gone", "given back"] as const) {
      const { b, elsewhere, holds, die } = await daemons();
      await holds(
        10,
        ends === "gone" ? {} : { lease: { by: "right", until: b.app.clock.now() }, lastRunAt: b.app.clock.now() },
      );
      if (ends === "gone") die();
      expect(await elsewhere()).toBe(0);
    }
  });

  it("goes by its clock where nobody can say who lives", async () => {
    const { elsewhere, holds } = await daemons(false);
    await holds(10);
    expect(await elsewhere()).toBe(0);
  });
});
