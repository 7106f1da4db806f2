// One cause is one alert of Lookout's own: what is grouped, what is not, and that nothing pages before it lasts.
import { describe, expect, it } from "vitest";
import { reconcileRules } from "../../../lib/app/evaluation/registry.ts";
import { checkHealth } from "../../../lib/app/health/health.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { type Bench, bench } from "../support.ts";

const SOURCES = `sources:
  - { kind: service-events, targets: [svc-1, svc-2, svc-3] }
  - { kind: service-updates, targets: [svc-1] }
  - { kind: pool-events }
`;
const yaml = (sources = "", health = "") => `
${sources}
rules: [{ id: broken, when: { level: [error] } }]
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" }, watch: { type: webhook, url: "HOOK/watch" } }
health: { channels: [watch], lag: 15m${health} }
`;
const SERVICES = ["svc-1", "svc-2", "svc-3"];
const MANY = Array.from({ length: 25 }, (_, at) => `svc-${at + 1}`);

/** `16 firing connection failing prod`, a line for each alert of Lookout's own in each message. */
function notified(b: Bench): string[] {
  return b.messages
    .filter(({ body }) => body?.alerts?.[0].rule === "lookout-unhealthy")
    .flatMap(({ at, body }) => {
      // biome-ignore lint/suspicious/noExplicitAny: bodies as they come
      return body.alerts.map(({ status, key }: any) => `${Math.floor(at)} ${status} ${key.problem} ${key.name}`);
    });
}

describe("a cause that concerns a whole connection", () => {
  it("is one alert with the sources and the number of targets, once it has lasted", async () => {
    const b = await bench({ yaml: yaml(SOURCES), services: SERVICES });
    await b.rounds(2);
    b.sim.setFaults([{ kind: "status", status: 503 }]);
    await b.rounds(16, 7);
    expect(notified(b)).toEqual([]);
    await b.rounds(28, 4);
    expect(notified(b)).toEqual(["20 firing connection failing prod"]);
    const { summary } = b.messages.at(-1)!.body.alerts[0];
    expect(summary).toMatch(
      /^Connection prod fails since .* 4 targets of service-events, service-updates, pool-events /,
    );
    b.sim.setFaults([{ kind: "status", status: 503, on: "service-updates" }]);
    await b.rounds(48, 4);
    b.sim.setFaults([]);
    await b.rounds(64, 4);
    expect(notified(b).map((line) => line.replace(/^\d+ /, ""))).toEqual([
      "firing connection failing prod",
      "resolved connection failing prod",
    ]);
  });

  it("pages nobody where a connection is refused once at the start, whatever is discovered", async () => {
    const b = await bench({ yaml: yaml(SOURCES), services: SERVICES });
    b.sim.setFaults([{ kind: "reset" }]);
    b.to(1);
    await b.round();
    b.sim.setFaults([]);
    await b.rounds(20, 5);
    expect(notified(b)).toEqual([]);
  });

  it("pages nobody where one try fails after a long time in which nobody polled", async () => {
    const b = await bench({ yaml: yaml(SOURCES), services: SERVICES });
    await b.rounds(2);
    b.sim.setFaults([{ kind: "reset" }]);
    b.to(90);
    await b.round();
    b.sim.setFaults([]);
    b.to(91);
    await b.round();
    expect(notified(b)).toEqual([]);
  });

  it("is one alert where a secret cannot be resolved, at once, and what follows from it is none", async () => {
    const b = await bench({ yaml: yaml(SOURCES), services: SERVICES, env: { HW_SECRET_KEY: "" } });
    await b.rounds(1);
    await b.rounds(40, 5);
    expect(notified(b)).toEqual(["1 firing secret unresolved prod"]);
    expect(b.messages[0]!.body.alerts[0].summary).toContain("HW_SECRET_KEY");
    b.setEnv({ HW_SECRET_KEY: b.sim.credentials.secretKey });
    await b.reload(yaml(SOURCES));
    await b.rounds(45, 5);
    expect(notified(b).slice(1)).toEqual(["45 resolved secret unresolved prod"]);
  });
});

describe("causes that concern single targets", () => {
  it("stay alerts of their own while their connection is paused", async () => {
    const b = await bench({ yaml: yaml(), services: SERVICES });
    await b.rounds(2);
    b.sim.setFaults([{ kind: "status", status: 404, url: /svc-1\/event/ }]);
    await b.rounds(20, 9);
    b.setEnv({ HW_SECRET_KEY: "wrong" });
    await b.reload(yaml());
    await b.rounds(26, 2);
    const news = () => [...new Set(notified(b).map((line) => line.replace(/^\d+ /, "")))].sort();
    const opened = ["firing connection paused prod", "firing target unread service-events/svc-1"];
    expect(news()).toEqual(opened);
    b.setEnv({ HW_SECRET_KEY: b.sim.credentials.secretKey });
    b.sim.setFaults([]);
    await b.reload(yaml());
    await b.rounds(38, 3);
    expect(news()).toEqual([...opened, ...opened.map((line) => line.replace("firing", "resolved"))]);
  });

  it("are an alert for each target, and beyond 20 of a source and kind one alert until all are read", async () => {
    const b = await bench({ yaml: yaml(), services: MANY });
    await b.rounds(5, 5);
    b.sim.setFaults([{ kind: "status", status: 404, url: /svc-[12]\// }]);
    await b.rounds(25, 5);
    b.sim.setFaults([{ kind: "status", status: 404 }]);
    await b.rounds(60, 5);
    expect(notified(b).sort()).toEqual([
      "25 firing target unread service-events/svc-1",
      "25 firing target unread service-events/svc-2",
      // The next message of the group has them all.
      "45 firing target unread service-events/svc-1",
      "45 firing target unread service-events/svc-2",
      "45 firing targets unread service-events (not-found)",
    ]);
    const many = b.messages.flatMap(({ body }) => body.alerts).find(({ key }) => key.problem === "targets unread");
    expect(many.summary).toMatch(/^23 targets of service-events unread since /);
    const ends = () => notified(b).flatMap((line) => (/resolved (.*)/.exec(line)?.[1] ?? []) as string | never[]);
    b.sim.setFaults([{ kind: "status", status: 404, url: /svc-2[0-9]\// }]);
    await b.rounds(80, 5);
    const singles = ["target unread service-events/svc-1", "target unread service-events/svc-2"];
    expect(ends().sort()).toEqual(singles);
    b.sim.setFaults([]);
    await b.rounds(95, 5);
    expect(ends().sort()).toEqual([...singles, "targets unread service-events (not-found)"]);
  });

  it("name the target where it fails alone, though others may fail in the same way", async () => {
    const b = await bench({ yaml: yaml(SOURCES), services: SERVICES });
    await b.rounds(2);
    b.sim.setFaults([{ kind: "status", status: 500, url: /svc-1\/event/ }]);
    await b.rounds(28, 4);
    expect(notified(b)).toEqual(["20 firing target unread service-events/svc-1"]);
  });
});

describe("discovery", () => {
  it("is an alert once it has failed for the lag", async () => {
    const b = await bench({ yaml: yaml("sources: [{ kind: service-events }]") });
    await b.rounds(10, 10);
    b.sim.setFaults([{ kind: "status", status: 400, on: "services" }]);
    await b.rounds(40, 4);
    // Found to fail at the first one after five minutes: at 16.
    expect(notified(b)).toEqual(["32 firing discovery failed service-events"]);
    b.sim.setFaults([]);
    await b.rounds(44, 4);
    expect(notified(b).slice(1)).toEqual(["44 resolved discovery failed service-events"]);
  });
});

describe("a source that nobody polls", () => {
  it("is a problem though it never was polled, and keeps the heartbeat back", async () => {
    const b = await bench({ yaml: yaml(SOURCES, ', heartbeat: "HOOK/beat"'), services: SERVICES });
    await reconcileRules(b.app);
    const polled = b.app.config.sources.slice(0, 2);
    const problems: string[][] = [];
    for (const at of [1, 14, 16]) {
      b.to(at);
      for (const source of polled) await pollSource(b.app, source, new AbortController().signal);
      problems.push((await checkHealth(b.app)).map(({ problem, name }) => `${problem} ${name}`));
    }
    expect(problems).toEqual([[], [], ["source unread pool-events"]]);
    expect(b.messages).toEqual([]);
  });
});

describe("the heartbeat", () => {
  const beat = ', heartbeat: "HOOK/beat"';
  it.each([
    ["single targets fail that have not failed for the lag", { status: 404, url: /svc-1\/event/ }, 3],
    ["discovery fails now", { status: 400, on: "pools" }, 0],
    ["no target of a source could be read", { status: 404, on: "service-updates" }, 0],
  ] as const)("where %s", async (_, fault, beats) => {
    const b = await bench({ yaml: yaml(SOURCES, beat), services: SERVICES });
    await b.rounds(10, 5);
    b.sim.setFaults([{ kind: "status", ...fault }]);
    await b.rounds(15, 5);
    b.messages.length = 0;
    await b.rounds(18);
    expect(b.messages.filter(({ to }) => to === "/beat")).toHaveLength(beats);
  });
});
