// How a delivery reaches its channel, or does not: retries, Retry-After, dead ones, fallbacks, order, incidents.
import { describe, expect, it } from "vitest";
import { listDeliveries, redeliver } from "../../../lib/app/delivery/deliver.ts";
import { bench, line } from "../support.ts";

const yaml = (channels: string, rule = "severity: error", route = "groupInterval: 1m") => `
rules: [{ id: broken, when: { level: [error] }, ${rule} }]
route: { channels: [ops], ${route} }
channels: { ${channels} }`;
const OPS = 'ops: { type: webhook, url: "HOOK/ops" }';
const STATE = "resolve: { when: { source: [service-events], level: [normal] } }";

describe("a delivery", () => {
  it("is tried again under the same id until the receiver takes it", async () => {
    const b = await bench({ yaml: yaml(OPS) });
    b.answer((_message, number) => ({ status: number < 3 ? 503 : 200 }));
    b.to(1);
    b.fail(0.5);
    const { deliveries } = await b.round();
    expect(deliveries).toMatchObject([{ status: "delivered", attempts: 3 }]);
    expect(new Set(b.messages.map(({ id }) => id)).size).toBe(1);
    expect(b.messages).toHaveLength(3);
  });

  it("is never tried before Retry-After; what is due later than the round waits for a later one", async () => {
    const b = await bench({ yaml: yaml(OPS) });
    b.answer((_message, number) =>
      number === 1 ? { status: 429, headers: { "retry-after": "300" } } : { status: 200 },
    );
    b.to(1);
    b.fail(0.5);
    const { deliveries } = await b.round();
    expect(deliveries).toMatchObject([{ status: "pending", attempts: 1, error: expect.stringContaining("429") }]);
    await b.rounds(10);
    expect(b.messages.map(({ at }) => at)).toEqual([1, 6]);
  });

  it("is dead after a permanent refusal, and goes to the fallback as a delivery of its own", async () => {
    const b = await bench({
      yaml: yaml(
        `ops: { type: webhook, url: "HOOK/ops", fallback: spare }, spare: { type: webhook, url: "HOOK/spare" }`,
      ),
    });
    b.answer(({ to }) => ({ status: to === "/ops" ? 404 : 200 }));
    b.to(1);
    b.fail(0.5);
    await b.round();
    const [first, second] = b.messages;
    expect([first!.to, second!.to]).toEqual(["/ops", "/spare"]);
    expect(second!.id).not.toBe(first!.id);
    expect(second!.body.alerts).toEqual(first!.body.alerts);
    expect(await listDeliveries(b.app)).toContainEqual(expect.objectContaining({ channel: "ops", status: "dead" }));
  });

  it("shows nothing of a secret that its receiver repeats with markup in it, wherever that is cut", async () => {
    const secret = "whsec_C2FVsBQIhrscChlQIMV0b5sSYspob7oD";
    const b = await bench({ yaml: yaml(`ops: { type: webhook, url: "HOOK/ops", secret: ${secret} }`) });
    const inTags = [...secret].map((char) => `<b>${char}</b>`).join("");
    b.answer(() => ({ status: 400, body: `<p>${"no ".repeat(60)}</p>${inTags}` }));
    b.to(1);
    b.fail(0.5);
    await b.round();
    const [row] = await listDeliveries(b.app);
    expect(row!.error).toContain("HTTP 400: no no");
    expect(row!.error!.replaceAll(" ", "")).not.toContain("whs");
  });

  it("shows nothing of a secret that was made known after its event was read", async () => {
    const later = "whsec_dG9tb3Jyb3cncyBrZXkh";
    const b = await bench({
      yaml: yaml(`ops: { type: webhook, url: "HOOK/ops", secret: "\${env:KEY}" }`),
      env: { KEY: "whsec_dG9kYXkncyBrZXk=" },
    });
    b.answer((_message, number) => ({ status: number === 1 ? 503 : 200 }));
    b.to(1);
    b.fail(0.5, `lost ${later}, again`);
    await b.beat();
    b.setEnv({ KEY: later });
    await b.reload(yaml(`ops: { type: webhook, url: "HOOK/ops", secret: "\${env:KEY}" }`));
    await b.beats(3);
    const texts = b.messages.map(({ body }) => JSON.stringify(body));
    expect(texts.map((text) => text.includes(later))).toEqual([true, false]);
    expect(b.messages[1]!.body.alerts[0].summary).toContain("lost [secret], again");
  });

  it("is dead after a day of trying, kept, and redeliverable under its id", async () => {
    const b = await bench({ yaml: yaml(OPS) });
    b.answer(() => ({ status: 500 }));
    b.to(1);
    b.fail(0.5);
    await b.rounds(26 * 60, 7);
    const [dead] = (await listDeliveries(b.app)).filter(({ status }) => status === "dead");
    expect(dead!.attempts).toBeGreaterThan(100);
    b.answer(() => ({ status: 200 }));
    const before = b.messages.length;
    await redeliver(b.app, [dead!.id]);
    await b.round();
    expect(b.messages.slice(before).map(({ id }) => id)).toContain(dead!.id);
    expect(await listDeliveries(b.app)).toContainEqual(expect.objectContaining({ id: dead!.id, status: "delivered" }));
  });

  it("never overtakes an earlier one of its group and channel", async () => {
    const b = await bench({ yaml: yaml(OPS, STATE) });
    b.answer((_message, number) =>
      number === 1 ? { status: 503, headers: { "retry-after": "200" } } : { status: 200 },
    );
    b.to(1);
    b.fail(0.5);
    await b.round();
    b.recover(1.5);
    await b.rounds(8);
    expect(b.messages.map(({ at, body }) => `${Math.floor(at)} ${body.status}`)).toEqual([
      "1 firing",
      "5 firing",
      "5 resolved",
    ]);
  });

  it("holds up no other channel", async () => {
    const b = await bench({
      yaml: yaml(
        `${OPS}, other: { type: webhook, url: "HOOK/other" }`,
        "severity: error",
        "routes: [{ match: { rule: [broken] }, channels: [ops, other] }]",
      ),
    });
    b.answer(({ to }) => ({ status: to === "/ops" ? 500 : 200 }));
    b.to(1);
    b.fail(0.5);
    await b.round();
    expect(b.messages.filter(({ to }) => to === "/other")).toHaveLength(1);
  });

  it("counts a chat's 200 with an error inside as no delivery", async () => {
    const b = await bench({ yaml: yaml('ops: { type: feishu, url: "HOOK/ops" }') });
    b.answer(() => ({ status: 200, body: '{"code":19024,"msg":"Key Words Not Found"}' }));
    b.to(1);
    b.fail(0.5);
    const { deliveries } = await b.round();
    expect(deliveries).toMatchObject([{ status: "dead", error: expect.stringContaining("Key Words Not Found") }]);
  });

  it("is dead at once where the value of an option cannot be used, and the fallback has it", async () => {
    const mail = 'ops: { type: smtp, url: "${env:MAIL}", from: a@x.example, to: [b@x.example], fallback: spare }';
    const b = await bench({
      yaml: yaml(`${mail}, spare: { type: webhook, url: "HOOK/spare" }`),
      env: { MAIL: "no-address" },
    });
    b.to(1);
    b.fail(0.5);
    await b.round();
    expect(b.messages[0]).toMatchObject({ to: "/spare", body: { reason: "new" } });
    expect(await listDeliveries(b.app)).toContainEqual(
      expect.objectContaining({ channel: "ops", status: "dead", error: expect.stringMatching(/"url" is not a mail/) }),
    );
  });

  it("fails alone where its secret has no value", async () => {
    const b = await bench({ yaml: yaml('ops: { type: webhook, url: "${env:UNSET_URL}" }') });
    b.to(1);
    b.fail(0.5);
    const { polls, deliveries } = await b.round();
    expect(polls[0]!.failing).toEqual({});
    // What happened, and that the channel's secret is missing.
    const waits = { status: "pending", error: expect.stringContaining("UNSET_URL") };
    expect(deliveries).toMatchObject([waits, waits]);
  });
});

describe("an incident channel", () => {
  const pager = (rule: string) =>
    yaml(
      "ops: { type: pagerduty, routingKey: 0123456789abcdef0123456789abcdef, url: HOOK/pager }",
      rule,
      "groupWait: 10m",
    );
  const events = (b: Awaited<ReturnType<typeof bench>>) =>
    b.messages.map(({ at, body }) => `${Math.round(at)} ${body.event_action} ${body.dedup_key.slice(0, 4)}`);

  it("gets one incident per alert at once, whatever the grouping, and its resolution", async () => {
    const b = await bench({ yaml: pager(STATE), services: ["svc-1", "svc-2"] });
    b.answer(() => ({ status: 202, body: '{"status":"success"}' }));
    b.to(1);
    b.fail(0.2);
    b.fail(0.3, "Failed", "svc-2");
    await b.round();
    b.recover(1.5);
    await b.rounds(3);
    const keys = new Set(b.messages.map(({ body }) => body.dedup_key));
    expect(keys.size).toBe(2);
    expect(events(b).map((one) => one.split(" ").slice(0, 2).join(" "))).toEqual([
      "1 trigger",
      "1 trigger",
      "2 resolve",
    ]);
  });

  it("closes the incident of an occurrence when that ends, though no message says so", async () => {
    const b = await bench({
      yaml: yaml(
        "ops: { type: pagerduty, routingKey: 0123456789abcdef0123456789abcdef, url: HOOK/pager }, chat: { type: webhook, url: HOOK/chat }",
        "severity: error",
        "",
      ).replace("channels: [ops]", "channels: [ops, chat]"),
    });
    b.answer(({ to }) => (to === "/pager" ? { status: 202, body: '{"status":"success"}' } : { status: 200 }));
    b.to(1);
    b.fail(0.5);
    await b.round();
    b.to(25 * 60);
    await b.rounds(25 * 60 + 2);
    const said = b.messages.map(({ to, body }) => `${to} ${body.event_action ?? body.reason}`);
    expect(said.filter((text) => text.startsWith("/pager"))).toEqual(["/pager trigger", "/pager resolve"]);
    expect(said.filter((text) => text.startsWith("/chat"))).toEqual(["/chat new"]);
  });

  it("closes the incident of a rule that is removed", async () => {
    const b = await bench({ yaml: pager("severity: error") });
    b.answer(() => ({ status: 202, body: '{"status":"success"}' }));
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.reload(pager("severity: error").replace("id: broken", "id: other"));
    await b.rounds(2);
    expect(events(b).map((one) => one.split(" ")[1])).toEqual(["trigger", "resolve"]);
  });

  it("is not paged for what came and went", async () => {
    const b = await bench({ yaml: pager(STATE) });
    b.to(5);
    b.fail(1);
    b.recover(2);
    await b.rounds(20);
    expect(b.messages).toEqual([]);
  });
});

describe("a large group", () => {
  it("is notified whole: every alert once, in bodies under 1 MB", async () => {
    const b = await bench({ yaml: yaml(OPS, "by: [id]") });
    b.to(5);
    for (let at = 0; at < 3_000; at++) b.fail(1 + at / 1_000, `Failed ${at} ${"x".repeat(300)}`);
    await b.round();
    const notified = b.messages.flatMap(({ body }) => body.alerts);
    expect(notified).toHaveLength(3_000);
    expect(new Set(notified.map(({ id }) => id)).size).toBe(3_000);
    for (const { body } of b.messages) expect(JSON.stringify(body).length).toBeLessThanOrEqual(1_000_000);
    expect(b.messages.length).toBeLessThan(10);
    expect(line(b.messages[0]!)).toContain("new firing");
  });
});

describe("a fallback", () => {
  it("keeps the order too: what resolves never comes before what it resolves", async () => {
    const b = await bench({
      yaml: yaml(
        `ops: { type: webhook, url: HOOK/ops, fallback: spare }, spare: { type: webhook, url: HOOK/spare }`,
        STATE,
      ),
    });
    let spare = 0;
    b.answer(({ to }) => {
      if (to === "/ops") return { status: 404 };
      return to === "/spare" && ++spare === 1 ? { status: 503, headers: { "retry-after": "200" } } : { status: 200 };
    });
    b.to(1);
    b.fail(0.5);
    await b.round();
    b.recover(1.5);
    await b.rounds(8);
    const notified = b.messages.filter(({ to, body }) => to === "/spare" && body.alerts[0].rule === "broken");
    expect(notified.map(({ body }) => body.status)).toEqual(["firing", "firing", "resolved"]);
  });
});
