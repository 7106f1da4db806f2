// Slack with a bot token: one message for a group, edited as its alerts go on, and a thread for what follows.
import { beforeEach, describe, expect, it } from "vitest";
import { DELIVERIES, type DeliveryRow } from "../../../lib/app/persistence/delivery-rows.ts";
import { type Bench, bench, type Message } from "../support.ts";

const yaml = (groupBy = "rule", channel = "C0OPS") => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    severity: critical
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [chat], groupBy: [${groupBy}], groupInterval: 1m, repeatInterval: 10m }
channels:
  chat: { type: slack, url: "HOOK/api", token: "\${env:SLACK_TOKEN}", channel: "${channel}", mention: { critical: [here] } }`;
const OPTIONS = { services: ["svc-1", "svc-2"], env: { SLACK_TOKEN: "xoxb-secret-0123456789" } };

/** Which messages there are, by their timestamps: the bodies that they were last given. */
let posted: Map<string, Message["body"]>;
let order: string[];
/** Timestamps of messages that a person deleted. */
let deleted: Set<string>;

beforeEach(() => {
  posted = new Map();
  order = [];
  deleted = new Set();
});

/** As Slack's Web API. `fault` comes before the answer where it gives one. */
function serve(b: Bench, fault: (message: Message, number: number) => string | undefined = () => undefined): void {
  b.answer((message, number) => {
    const error = fault(message, number);
    if (error === "lost") return { status: 503 };
    if (error !== undefined) return { status: 200, body: JSON.stringify({ ok: false, error }) };
    const { to, body } = message;
    const isEdit = to === "/api/chat.update";
    if (isEdit && deleted.has(body.ts)) return { status: 200, body: '{"ok":false,"error":"message_not_found"}' };
    const ts = isEdit ? body.ts : `${posted.size + 1}.0`;
    posted.set(ts, body);
    // A reply to a message that was deleted is posted to the channel, https://github.com/slack-go/slack/issues/1571
    const thread = deleted.has(body.thread_ts) ? undefined : body.thread_ts;
    order.push(`${isEdit ? "edit" : "post"} ${ts}${thread ? ` in ${thread}` : ""}`);
    // A channel that is named is answered by its id.
    const channel = body.channel.replace("#ops", "C0OPS");
    return { status: 200, body: JSON.stringify({ ok: true, channel, ts, message: { ts, thread_ts: thread } }) };
  });
}

const title = (body: Message["body"]): string => body.blocks[0].text.text.replaceAll("\u2060", "");
const colours = (body: Message["body"]): string[] => body.attachments.map(({ color }: { color: string }) => color);

describe("messages of one group", () => {
  it("follow in the thread of the first, which says how things are now", async () => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    serve(b);
    b.to(1);
    b.fail(0.5);
    await b.beats(13);
    b.recover(13.5);
    await b.beats(15);
    expect(order).toEqual(["post 1.0", "edit 1.0", "post 2.0 in 1.0", "edit 1.0", "post 3.0 in 1.0"]);
    expect(title(posted.get("1.0"))).toMatch(/^✅ RESOLVED \(critical\) svc-1: Failed to pull image · lasted/);
    expect(colours(posted.get("1.0"))).toEqual(["#2e7d32"]);
    expect(title(posted.get("2.0"))).toContain("still firing");
    expect(b.messages.map(({ body }) => body.channel)).toEqual(Array(5).fill("C0OPS"));
  });

  it("are shown in the channel, too, and mention somebody, where an alert is new", async () => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    serve(b);
    b.to(1);
    b.fail(0.5, "Failed", "svc-1");
    await b.beats(3);
    b.fail(3.5, "Failed", "svc-2");
    await b.beats(5);
    b.recover(5.5, "svc-1");
    await b.beats(8);
    const [first, second, third] = ["1.0", "2.0", "3.0"].map((ts) => posted.get(ts));
    expect([second.reply_broadcast, third.reply_broadcast]).toEqual([true, false]);
    const mentions = [first, second, third].map((body) => body.blocks.length === 2);
    expect(mentions).toEqual([false, true, false]);
    expect(title(first)).toContain("1 new, 1 resolved");
  });

  it("begin anew where another group does", async () => {
    const b = await bench({ yaml: yaml("resource.id"), ...OPTIONS });
    serve(b);
    b.to(1);
    b.fail(0.5, "Failed", "svc-1");
    await b.beats(2);
    b.fail(2.5, "Failed", "svc-2");
    await b.beats(4);
    expect(order).toEqual(["post 1.0", "post 2.0"]);
  });

  it("begin anew after a message that said what several groups had to say", async () => {
    const b = await bench({ yaml: yaml("resource.id"), ...OPTIONS });
    serve(b);
    b.to(1);
    for (const service of OPTIONS.services) b.fail(0.5, "Failed", service);
    await b.beats(2);
    expect(title(posted.get("1.0"))).toMatch(/^2 new: /);
    b.recover(2.5, "svc-2");
    await b.beats(4);
    // What it said of the other group still holds.
    expect(order).toEqual(["post 1.0", "post 2.0"]);
    expect(title(posted.get("2.0"))).toMatch(/RESOLVED.*svc-2/);
  });

  it("begin anew after the group ended", async () => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    serve(b);
    b.to(1);
    b.fail(0.5);
    await b.beats(3);
    b.recover(3.5);
    await b.beats(5);
    b.fail(6.5);
    await b.beats(8);
    expect(order).toEqual(["post 1.0", "edit 1.0", "post 2.0 in 1.0", "post 3.0"]);
  });

  it("are posted where the first one cannot be edited", async () => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    serve(b, ({ to }) => (to === "/api/chat.update" ? "cant_update_message" : undefined));
    b.to(1);
    b.fail(0.5);
    await b.beats(3);
    b.recover(3.5);
    await b.beats(5);
    expect(order).toEqual(["post 1.0", "post 2.0 in 1.0"]);
  });

  it("are posted to the channel where the thread is gone", async () => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    serve(b, ({ body }) => (body.thread_ts === "1.0" || body.ts === "1.0" ? "thread_not_found" : undefined));
    b.to(1);
    b.fail(0.5);
    await b.beats(13);
    b.recover(13.5);
    await b.beats(15);
    expect(order).toEqual(["post 1.0", "post 2.0", "edit 2.0", "post 3.0 in 2.0"]);
  });

  it.each([
    ["was deleted", undefined],
    ["was deleted while its edit failed", "internal_error"],
  ])("begin anew, once, where the first one %s", async (_what, fault) => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    serve(b, ({ to, body }) => (to === "/api/chat.update" && deleted.has(body.ts) ? fault : undefined));
    b.to(1);
    b.fail(0.5);
    await b.beats(3);
    deleted.add("1.0");
    await b.beats(13);
    b.recover(13.5);
    await b.beats(15);
    expect(order).toEqual(["post 1.0", "post 2.0", "edit 2.0", "post 3.0 in 2.0"]);
    // It speaks to the channel: there is no thread that it could be shown from.
    expect(title(posted.get("2.0"))).toContain("RESOLVED");
  });

  it.each(["is_archived", "channel_not_found", "not_in_channel"])(
    "are posted as the first one where the channel of the thread answers %s",
    async (error) => {
      const b = await bench({ yaml: yaml("rule", "#ops"), ...OPTIONS });
      // The name is by now that of another channel.
      serve(b, ({ body }) => (body.thread_ts === "1.0" || body.ts === "1.0" ? error : undefined));
      b.to(1);
      b.fail(0.5);
      await b.beats(3);
      b.recover(3.5);
      await b.beats(5);
      expect(order).toEqual(["post 1.0", "post 2.0"]);
    },
  );

  it("go to the channel of a new configuration, and leave the old one alone", async () => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    serve(b, ({ body }) => (b.messages.length > 1 && body.channel === "C0OPS" ? "is_archived" : undefined));
    b.to(1);
    b.fail(0.5);
    await b.beats(3);
    await b.reload(yaml("rule", "C0NEW"));
    await b.beats(13);
    b.recover(13.5);
    await b.beats(15);
    expect(order).toEqual(["post 1.0", "post 2.0", "edit 2.0", "post 3.0 in 2.0"]);
    expect(b.messages.map(({ body }) => body.channel)).toEqual(["C0OPS", "C0NEW", "C0NEW", "C0NEW"]);
  });

  it("begin anew with the token of another app", async () => {
    const b = await bench({ yaml: yaml("rule", "#ops"), ...OPTIONS });
    serve(b);
    b.to(1);
    b.fail(0.5);
    await b.beats(3);
    b.setEnv({ SLACK_TOKEN: "xoxb-another-9876543210" });
    await b.reload(yaml("rule", "#ops"));
    b.recover(3.5);
    await b.beats(5);
    expect(order).toEqual(["post 1.0", "post 2.0"]);
  });

  it.each([
    ["goes on in the channel that is configured", "C0OPS", ["post 1.0", "edit 1.0", "post 2.0 in 1.0"]],
    ["begins anew in another one", "C0NEW", ["post 1.0", "post 2.0"]],
  ])("a thread of the release before, which noted the channel alone, %s", async (_what, channel, wanted) => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    serve(b);
    b.to(1);
    b.fail(0.5);
    await b.beats(3);
    const [row] = await b.store.list<DeliveryRow>(DELIVERIES);
    const receipt = row!.data.receipt!.split(" ").slice(0, 2).join(" ");
    expect(receipt).toBe("C0OPS 1.0");
    await b.store.commit([{ op: "put", pk: row!.pk, sk: row!.sk, data: { ...row!.data, receipt } }]);
    await b.reload(yaml("rule", channel));
    b.recover(3.5);
    await b.beats(5);
    expect(order).toEqual(wanted);
  });

  it("keep their thread where one of them was refused, and a retry posts once", async () => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    let lost = 0;
    serve(b, ({ body }) => (body.thread_ts && lost++ < 2 ? ["msg_too_long", "lost"][lost - 1] : undefined));
    b.to(1);
    b.fail(0.5);
    await b.beats(12);
    b.recover(12.5);
    await b.beats(15);
    expect(order.filter((line) => line.startsWith("post"))).toEqual(["post 1.0", "post 2.0 in 1.0"]);
    expect(title(posted.get("2.0"))).toContain("RESOLVED");
  });

  it("are refused with what a person can do, and no word of the token", async () => {
    const b = await bench({ yaml: yaml(), ...OPTIONS });
    serve(b, () => "not_in_channel");
    b.to(1);
    b.fail(0.5);
    const { deliveries } = await b.round();
    expect(deliveries[0]).toMatchObject({ status: "dead", error: expect.stringContaining("invite the app") });
    expect(JSON.stringify(deliveries)).not.toContain("xoxb");
  });
});
