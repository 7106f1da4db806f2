// A state that cannot be written, or only a little: never healthy, and sent to channels without it, once.
import { describe, expect, it } from "vitest";
import { createEmergency } from "../../../lib/app/health/emergency.ts";
import { checkHealth, endHealth } from "../../../lib/app/health/health.ts";
import { WRITTEN } from "../../../lib/app/persistence/rows.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { pollKind } from "../../../lib/aws/poll.ts";
import { type Store, StoreError, StoreGone } from "../../../lib/store/port.ts";
import { incompressible } from "../../store/rows.ts";
import { type Bench, bench, line } from "../support.ts";

const yaml = (health = "health: { channels: [ops], heartbeat: HOOK/beat }") => `
rules: [{ id: broken, when: { level: [error] } }]
route: { channels: [ops], repeatInterval: 4h }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
  mail: { type: webhook, url: "HOOK/mail" }
${health}
`;

/** A disk with room for so many bytes at a time. */
async function onDisk(config = yaml()): Promise<{ b: Bench; disk: { room: number } }> {
  const disk = { room: Number.POSITIVE_INFINITY };
  const full = () => new StoreError("the state file state.db cannot grow: the disk is full");
  const wrapStore = (store: Store): Store => ({
    ...store,
    async commit(ops) {
      if (ops.reduce((sum, op) => sum + store.cost(op).bytes, 0) > disk.room) throw full();
      await store.commit(ops);
    },
    async probe(bytes) {
      if (bytes > disk.room) throw full();
    },
  });
  return { b: await bench({ yaml: config, wrapStore }), disk };
}

function heard(b: Bench): string[] {
  return b.messages.filter(({ to }) => to !== "/beat").map(line);
}

function beats(b: Bench): number {
  return b.messages.filter(({ to }) => to === "/beat").length;
}

describe("a disk that is full", () => {
  it("ends the check of health before the heartbeat, and is in the status at once", async () => {
    const { b, disk } = await onDisk();
    await b.round();
    expect([beats(b), (await readStatus(b.app)).healthy]).toEqual([1, true]);
    disk.room = 0;
    await expect(checkHealth(b.app)).rejects.toThrow("the disk is full");
    expect(beats(b)).toBe(1);
    const other = await b.beside();
    expect(await readStatus(other)).toMatchObject({
      healthy: false,
      problems: [{ problem: "state not written", message: expect.stringContaining("the disk is full") }],
    });
    disk.room = Number.POSITIVE_INFINITY;
    await checkHealth(b.app);
    expect([beats(b), (await readStatus(other)).healthy]).toEqual([2, true]);
  });

  it("fails the invocation of a function", async () => {
    const { b, disk } = await onDisk();
    disk.room = 0;
    b.fail(-0.5);
    await expect(pollKind(b.app, "service-events", new AbortController().signal)).rejects.toThrow("the disk is full");
  });

  it("is notified without the state once, again at the repeat interval, and when it is over", async () => {
    const { b, disk } = await onDisk();
    const emergency = createEmergency(b.app);
    disk.room = 0;
    await checkHealth(b.app).catch(() => {});
    await emergency.look(true);
    expect(heard(b)).toEqual([]);
    for (const minutes of [1, 2, 100, 242, 243]) {
      b.to(minutes);
      await emergency.look(true);
    }
    disk.room = Number.POSITIVE_INFINITY;
    b.to(250);
    await checkHealth(b.app);
    for (const unwritten of [false, false]) await emergency.look(unwritten);
    expect(heard(b)).toEqual([
      "1 /ops new firing: state firing ×1(+1)",
      "242 /ops repeat firing: state firing ×1(+0)",
      "250 /ops resolved resolved: state resolved ×1(+0)",
    ]);
    expect(new Set(b.messages.map(({ id }) => id)).size).toBe(b.messages.length);
  });

  it("goes to the other channels where none of those for Lookout's own alerts takes it, and is tried again", async () => {
    const { b, disk } = await onDisk();
    const emergency = createEmergency(b.app);
    disk.room = 0;
    await checkHealth(b.app).catch(() => {});
    b.answer(() => ({ status: 503 }));
    b.to(1);
    await emergency.look(true);
    await emergency.look(true);
    expect(b.messages.map(({ at, to }) => `${at} ${to}`)).toEqual(["1 /ops", "1 /mail"]);
    b.answer(({ to }) => ({ status: to === "/mail" ? 200 : 503 }));
    for (const minutes of [2, 3]) {
      b.to(minutes);
      await emergency.look(true);
    }
    expect(b.messages.slice(2).map(({ at, to }) => `${at} ${to}`)).toEqual(["2 /ops", "2 /mail"]);
  });

  it("that ends before anybody was notified goes to nobody", async () => {
    const { b, disk } = await onDisk();
    const emergency = createEmergency(b.app);
    disk.room = 0;
    await checkHealth(b.app).catch(() => {});
    await emergency.look(true);
    disk.room = Number.POSITIVE_INFINITY;
    b.to(1);
    await checkHealth(b.app);
    await emergency.look(false);
    expect(heard(b)).toEqual([]);
  });
});

describe("a disk with little room", () => {
  it("is a problem as long as what failed does not fit, though small commits do: an alert of the state, and no heartbeat", async () => {
    const { b, disk } = await onDisk();
    await b.round();
    disk.room = 3_000;
    b.fail(0.5, incompressible(8_000));
    b.to(1);
    await b.round().catch(() => {});
    await checkHealth(b.app);
    expect(beats(b)).toBe(1);
    expect(await readStatus(b.app)).toMatchObject({ healthy: false, problems: [{ problem: "state not written" }] });
    disk.room = Number.POSITIVE_INFINITY;
    b.to(2);
    await b.round();
    expect(await readStatus(b.app)).toMatchObject({ healthy: true, problems: [] });
    expect(heard(b).filter((one) => one.includes("svc-1"))).toHaveLength(1);
  });
});

describe("another process that runs but writes nothing", () => {
  it("is a problem as soon as it is overdue, and none once it has ended", async () => {
    const { b } = await onDisk();
    await b.round();
    await checkHealth(b.app, [], 30_000);
    const other = await b.beside();
    expect((await readStatus(other)).problems).toEqual([]);
    b.to(1.5);
    expect((await readStatus(other)).problems).toMatchObject([
      {
        problem: "state not written",
        message: expect.stringContaining("(test) has written nothing since 2026-11-20T10:00"),
      },
    ]);
    await endHealth(b.app);
    expect((await readStatus(other)).problems).toEqual([]);
    expect((await b.store.get(WRITTEN))?.data).toMatchObject({ by: "test" });
  });
});

describe("a state that is gone", () => {
  const gone = () => new StoreGone("the state file state.db was removed");
  const losing = async () => {
    const state = { isGone: false };
    const wrapStore = (store: Store): Store => ({
      ...store,
      async commit(ops) {
        if (state.isGone) throw gone();
        await store.commit(ops);
      },
    });
    return { b: await bench({ yaml: yaml(), wrapStore }), state };
  };

  it("is notified at once, also where something else was notified without the state before", async () => {
    const { b, state } = await losing();
    const emergency = createEmergency(b.app);
    await emergency.end();
    expect(heard(b)).toEqual([]);
    state.isGone = true;
    await expect(checkHealth(b.app)).rejects.toThrow(StoreGone);
    await emergency.look(true);
    expect(heard(b)).toEqual([]);
    await emergency.end();
    expect(heard(b)).toEqual(["0 /ops new firing: state firing ×1(+1)"]);
    b.to(1);
    await emergency.look(true);
    await emergency.end();
    expect(heard(b).slice(1)).toEqual([
      "1 /ops new firing: state firing ×1(+1)",
      "1 /ops update firing: state firing ×1(+0)",
    ]);
    expect(new Set(b.messages.map(({ id }) => id)).size).toBe(3);
  });

  it("fails the end of a process that was told to stop", async () => {
    const { b, state } = await losing();
    await endHealth(b.app);
    state.isGone = true;
    await expect(endHealth(b.app)).rejects.toThrow(StoreGone);
  });
});
