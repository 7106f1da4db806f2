// Configured secrets that an API repeats: in no row and no notification, from the first poll of a process on.
import { expect, test } from "vitest";
import { eventsPartition } from "../../lib/app/rows.ts";
import { bench } from "./support.ts";

const yaml = `
rules: [{ id: broken, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK/ops", secret: "\${env:OPS_SECRET}" } }`;

test("a channel's secret that an API repeats before anything was delivered is in no event and no notification", async () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const b = await bench({ yaml, env: { OPS_SECRET: secret } });
  b.fail(0, `Failed to call https://hooks/?key=${secret}`);
  await b.round();
  const rows = await b.store.list(eventsPartition("2026-11-20"));
  expect(JSON.stringify(rows)).toContain("Failed to call https://hooks/?key=[secret]");
  expect(b.messages).toHaveLength(1);
  expect(JSON.stringify([rows, b.messages])).not.toContain(secret);
});

test("a secret that cannot be resolved stops no source that does not need it", async () => {
  const b = await bench({ yaml: yaml.replace("OPS_SECRET", "NOT_SET") });
  b.fail(0);
  const { polls } = await b.round();
  expect(polls[0]).toMatchObject({ found: 1, failing: {} });
});
