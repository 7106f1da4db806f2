// A project that is configured by its name: looked up once for all processes, and again when it may be another.
import { expect, test } from "vitest";
import { bench } from "../support.ts";

const yaml = `
rules: [{ id: broken, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;

test("an idle run of another process costs one request, and after a day one more", async () => {
  const b = await bench({ yaml, projectByName: true });
  const costs: number[] = [];
  for (const minutes of [0, 1, 2, 1_500]) {
    b.to(minutes);
    await b.reload(yaml);
    const before = b.sim.requests.projects;
    await b.round();
    costs.push(b.sim.requests.projects - before);
  }
  expect(costs).toEqual([1, 0, 0, 1]);
  expect(b.sim.requests["service-events"]).toBe(4);
});

test("other credentials may see another project of that name", async () => {
  const b = await bench({ yaml, projectByName: true });
  await b.round();
  b.setEnv({ HW_SECRET_KEY: "another-secret" });
  await b.reload(yaml);
  b.to(1);
  await b.round();
  expect(b.sim.requests.projects).toBe(2);
});
