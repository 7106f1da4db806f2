// Rules over targets that are silent: whoever is over is waited for by nobody, however its last events are found.
import { describe, expect, it } from "vitest";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import { bench, MINUTE, T0 } from "../support.ts";

const yaml = (rule: string) => `
sources: [{ kind: training-events, discover: {} }]
rules: [${rule}]
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
const each = "{ id: mute, when: { source: [training-events] }, absence: { for: 20m, over: targets } }";
const together = each.replace("absence", "by: [connection], absence");

type Bench = Awaited<ReturnType<typeof bench>>;
const say = ({ sim }: Bench, job: string, minutes: number, message = "Epoch done") =>
  sim.world.addTrainingEvents(job, [{ time: T0 + minutes * MINUTE, level: "Info", message, source: "Job" }]);
const end = ({ sim }: Bench, job: string) => {
  sim.world.jobs.get(job)!.row.status.phase = "Completed";
};

describe("a rule over targets that are silent", () => {
  it("does not wait for a target that has ended before it was first seen", async () => {
    const b = await bench({ yaml: yaml(each) });
    b.sim.world.addJob({ id: "job-1", name: "job-1", createdAt: T0 - 5 * MINUTE, phase: "Completed" });
    say(b, "job-1", -1);
    await b.rounds(60, 2);
    expect(b.messages).toEqual([]);
  });

  it("does not wait again for a target whose last events are found after its end", async () => {
    const b = await bench({ yaml: yaml(each) });
    b.sim.world.addJob({ id: "job-1", name: "job-1" });
    await b.rounds(8);
    end(b, "job-1");
    await b.rounds(11);
    say(b, "job-1", 8, "Training job completed.");
    await b.rounds(70, 2);
    expect(b.messages).toEqual([]);
    expect(await openAlerts(b.app)).toEqual([]);
  });

  it("goes on waiting for the others of a key of which one has ended", async () => {
    const b = await bench({ yaml: yaml(together) });
    b.sim.world.addJob({ id: "job-1", name: "job-1" });
    b.sim.world.addJob({ id: "job-2", name: "job-2" });
    await b.rounds(8);
    end(b, "job-1");
    await b.rounds(40, 2);
    expect(b.messages.map(({ body }) => body.reason)).toEqual(["new"]);
    end(b, "job-2");
    await b.rounds(50, 2);
    expect(b.messages.map(({ body }) => body.reason)).toEqual(["new", "resolved"]);
  });
});
