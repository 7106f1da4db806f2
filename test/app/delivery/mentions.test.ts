// Whom a message mentions: those of the severities that are new or escalated in it, and nobody else.
import { describe, expect, it } from "vitest";
import { sendTest } from "../../../lib/app/delivery/send-test.ts";
import { acknowledge, listOpen } from "../../../lib/app/oncall/acknowledge.ts";
import { type Bench, bench, type Message } from "../support.ts";

const yaml = (mention: string, route = "") => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    severity: critical
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [chat], groupInterval: 1m, repeatInterval: 10m, ${route} }
channels:
  chat: { type: wecom, url: "HOOK/chat", mention: ${mention} }
  lead: { type: wecom, url: "HOOK/lead", mention: ${mention} }`;
const TAKEN = () => ({ status: 200, body: '{"errcode":0}' });

/** `3 /chat ada, bob`: whom a message mentions. */
function called({ at, to, body }: Message): string {
  const text: string = body.markdown.content;
  return `${at} ${to} ${[...text.matchAll(/<@(\w+)>/g)].map(([, id]) => id).join(", ")}`.trim();
}

describe("a message mentions", () => {
  it("those of a new alert's severity once, nobody when it is repeated or over", async () => {
    const b = await bench({ yaml: yaml("{ critical: [ada, bob, ada], warning: [eve] }") });
    b.answer(TAKEN);
    b.to(1);
    b.fail(0.5);
    await b.beats(13);
    b.recover(13.5);
    await b.beats(16);
    expect(b.messages.map(called)).toEqual(["2 /chat ada, bob", "12 /chat", "14 /chat"]);
  });

  it("those of a second alert, when only that one is new", async () => {
    const b = await bench({ yaml: yaml("{ critical: [ada] }"), services: ["svc-1", "svc-2"] });
    b.answer(TAKEN);
    b.to(1);
    b.fail(0.5, "Failed", "svc-1");
    await b.beats(4);
    b.fail(4.5, "Failed", "svc-2");
    await b.beats(6);
    expect(b.messages.map(called)).toEqual(["2 /chat ada", "5 /chat ada"]);
  });

  it("those of an escalated alert's severity, in the channel that it escalates to", async () => {
    const b = await bench({ yaml: yaml("{ critical: [ada] }", "escalate: [{ after: 5m, channels: [lead] }]") });
    b.answer(TAKEN);
    b.to(1);
    b.fail(0.5);
    await b.beats(8);
    expect(b.messages.map(called)).toEqual(["2 /chat ada", "7 /lead ada"]);
  });

  it("nobody for a severity that names nobody, nor for a test", async () => {
    const b = await bench({ yaml: yaml("{ info: [ada] }") });
    b.answer(TAKEN);
    b.to(1);
    b.fail(0.5);
    await b.beats(2);
    await sendTest(b.app, b.app.channels.get("chat")!, new AbortController().signal);
    expect(b.messages.map(called)).toEqual(["2 /chat", "2 /chat"]);
  });

  it("twenty of many, no more", async () => {
    const many = Array.from({ length: 30 }, (_, i) => `id${i}`);
    const b = await bench({ yaml: yaml(`{ critical: [${many}] }`) });
    b.answer(TAKEN);
    b.to(1);
    b.fail(0.5);
    await b.beats(2);
    expect(called(b.messages[0]!)).toBe(`2 /chat ${many.slice(0, 20).join(", ")}`);
  });

  describe("nobody where the message comes late", () => {
    const late = yaml("{ critical: [ada] }", 'escalate: [{ after: 20m, channels: [lead] }], groupBy: ["..."]').replace(
      'url: "HOOK/chat"',
      'url: "HOOK/chat", fallback: lead',
    );
    /** The chat answers nobody for seven minutes from the first on. */
    async function begun(): Promise<Bench> {
      const b = await bench({ yaml: late, services: ["svc-1", "svc-2"] });
      b.answer(({ to, at }) => (to === "/chat" && at < 9 ? { status: 503 } : TAKEN()));
      b.to(1);
      b.fail(0.5, "Failed", "svc-1");
      await b.beats(4);
      return b;
    }
    const told = (b: Bench) => b.messages.filter(({ to, at }) => to === "/lead" || at >= 9).map(called);

    it("and the alert was acknowledged meanwhile, at the fallback neither", async () => {
      const b = await begun();
      const [open] = await listOpen(b.app);
      await acknowledge(b.app, open!, "ada");
      await b.beats(14);
      expect(told(b).map((one) => one.replace(/^\d+ /, ""))).toEqual(["/lead", "/chat"]);
    });

    it("and the alert is over by then", async () => {
      const b = await begun();
      b.recover(4.5, "svc-1");
      await b.beats(14);
      expect(told(b).every((one) => !one.includes("ada"))).toBe(true);
      expect(told(b).filter((one) => one.includes("/chat"))).toHaveLength(2);
    });

    it("unless it is still nobody's", async () => {
      const b = await begun();
      await b.beats(11);
      expect(told(b).map((one) => one.replace(/^\d+ /, ""))).toEqual(["/lead ada", "/chat ada"]);
    });
  });
});
