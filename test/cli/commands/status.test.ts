// `status` where there are many targets: those that need somebody, and how many others there are.
import { expect, it, onTestFinished } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import { connectionOf } from "../../../lib/simulator/describe.ts";
import { startSimulator } from "../../../lib/simulator/server.ts";
import { folderWith } from "../../support/cli.ts";
import { lookoutHere } from "../../support/in-process.ts";

it("lists fifty targets, what cannot be read first, and counts the others unless --all asks for them", async () => {
  const sim = await startSimulator({ clock: wallClock, scenario: "empty" });
  onTestFinished(() => sim.close());
  const ids = Array.from({ length: 70 }, (_, at) => `svc-${at}`);
  for (const id of ids) sim.world.addService({ service_id: id, service_name: id });
  sim.setFaults([{ kind: "status", status: 400, on: "service-events", url: /svc-69\// }]);
  const cwd = await folderWith({
    "lookout.yml": `${connectionOf(sim)}sources: [{ kind: service-events, targets: [${ids.join(", ")}] }]
rules: [{ id: failed, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: console } }
`,
  });
  const { accessKey, secretKey } = sim.credentials;
  const here = { cwd, env: { HW_ACCESS_KEY: accessKey, HW_SECRET_KEY: secretKey } };
  await lookoutHere(["run", "--once"], here);
  const targetsIn = (text: string) =>
    text.split("\n").flatMap((line) => /^service-events .* (svc-\d+)/.exec(line)?.[1] ?? []);
  const few = (await lookoutHere(["status"], here)).stdout;
  expect(targetsIn(few)).toHaveLength(50);
  expect(targetsIn(few)[0]).toBe("svc-69");
  expect(few).toMatch(/^and 20 more targets, read to within \d+s \(--all lists every one\)$/m);
  const all = (await lookoutHere(["status", "--all"], here)).stdout;
  expect(targetsIn(all).sort()).toEqual(ids.toSorted());
  expect(all).not.toContain("more targets");
});
