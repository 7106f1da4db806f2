// Configured secrets that an API repeats: in no row and no notification, from the first poll of a process on.
import { expect, test } from "vitest";
import { eventsPartition } from "../../../lib/app/persistence/rows.ts";
import { bench, MINUTE } from "../support.ts";

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

const LOGIN = '{ username: "${env:USER}", password: "${env:PASSWORD}", domain: "${env:DOMAIN}" }';
const TWO = (connection: string) => `
sources: [{ id: ${connection}, kind: service-events, connection: ${connection}, targets: [svc-1] }]
rules: [{ id: broken, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;

test("a token that another process was issued for another connection is in no event and no notification", async () => {
  const keys = '{ accessKey: "${env:HW_ACCESS_KEY}", secretKey: "${env:HW_SECRET_KEY}" }';
  const b = await bench({ yaml: TWO("prod"), auth: LOGIN, more: { other: `region: eu-de, auth: ${keys}` } });
  await b.round();
  expect(b.sim.issued).toHaveLength(1);
  await b.reload(TWO("other"));
  b.to(1);
  b.fail(1, `Failed with ${b.sim.issued[0]}`);
  await b.round();
  expect(b.messages.map(({ body }) => body.alerts[0].events[0].message)).toEqual(["Failed with [secret]"]);
});

test("a token that was renewed is a secret still, also for a process that never used it", async () => {
  const b = await bench({ yaml: TWO("prod"), auth: LOGIN });
  b.sim.setSwitches({ tokenLife: 30 * MINUTE });
  await b.round();
  b.to(20);
  await b.reload(TWO("prod"));
  await b.round();
  await b.reload(TWO("prod"));
  b.to(21);
  expect(b.sim.issued).toHaveLength(2);
  b.fail(21, `Failed with ${b.sim.issued.join(" and ")}`);
  await b.round();
  expect(b.messages.map(({ body }) => body.alerts[0].events[0].message)).toEqual(["Failed with [secret] and [secret]"]);
});

test("of a webhook's two secrets one that has another form is reported, and messages go out signed with the other", async () => {
  const two = `secret: ["\${env:OPS_SECRET}", "\${env:NEW_SECRET}"]`;
  const env = { OPS_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", NEW_SECRET: "hush-hush" };
  const b = await bench({ yaml: yaml.replace('secret: "${env:OPS_SECRET}"', two), env });
  b.fail(0);
  await b.rounds(1);
  const summaries = b.messages.flatMap(({ body }) => body.alerts.map(({ summary }: { summary: string }) => summary));
  expect(summaries).toHaveLength(2);
  expect(summaries).toContainEqual(
    expect.stringMatching(/^The secrets of channel ops are not all of use: secret 2 of/),
  );
  expect(JSON.stringify(b.messages)).not.toContain("hush");
});
