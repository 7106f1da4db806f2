// A channel's `template`: what messages say in people's own words, and that none is lost where it fails.
import { describe, expect, it, test } from "vitest";
import { sendTest } from "../../../lib/app/delivery/send-test.ts";
import { strings } from "../../channels/contract.ts";
import { type Bench, bench, type Message } from "../support.ts";

const RULES = `
rules: [{ id: broken, when: { level: [error] }, severity: critical, labels: { team: ml }, runbook: "https://w.example/r" }]`;
const chat = (template: string) => `${RULES}
channels: { chat: { type: wecom, url: "HOOK/chat", template: ${template} } }`;
const hook = (template: string) => `${RULES}
channels: { ops: { type: webhook, url: "HOOK/ops", template: ${template} } }`;

async function sent(yaml: string): Promise<Bench> {
  const b = await bench({ yaml });
  b.answer(() => ({ status: 200, body: '{"errcode":0}' }));
  b.to(1);
  b.fail(0.5);
  await b.round();
  return b;
}
/** The text of the one message to a chat, as people read it. */
async function chatText(template: string): Promise<string> {
  const { messages } = await sent(chat(template));
  expect(messages).toHaveLength(1);
  return messages[0]!.body.markdown.content.replaceAll("\u2060", "");
}

describe("a message of a chat", () => {
  test.each<[sentence: string, template: string, text: string]>([
    [
      "takes its text from the template, and keeps Lookout's title and links",
      "'{{ alerts.size }} alert of {{ alerts[0].labels.team }}: call {{ channel }}'",
      "**🔴 CRITICAL svc-1: Failed to pull image**\n\n1 alert of ml: call chat\n\n[Runbook](https://w.example/r)",
    ],
    [
      "takes its title, too",
      "{ title: '{{ reason | upcase }} {{ alerts[0].resource.name }}', text: 'see *docs*' }",
      "**NEW svc-1**\n\nsee ＊docs＊\n\n[Runbook](https://w.example/r)",
    ],
    [
      "has several lines",
      `"{% for a in alerts %}{{ a.rule }}\\n{{ a.count }}\\n{% endfor %}"`,
      "**🔴 CRITICAL svc-1: Failed to pull image**\n\nbroken\n1\n\n[Runbook](https://w.example/r)",
    ],
  ])("%s", async (_sentence, template, text) => {
    expect(await chatText(template)).toBe(text);
  });

  it("can add to what Lookout says", async () => {
    const text = await chatText(
      "'{{ title }}\n\n{{ text }}\n\nAda is on call.'".replaceAll("\n", "\\n").replaceAll("'", '"'),
    );
    expect(text).toContain("New · rule broken · 1 match");
    expect(text.indexOf("Ada is on call.")).toBeGreaterThan(text.indexOf("team=ml"));
    expect(text.match(/https:/g)).toHaveLength(1);
  });

  it("says Lookout's own words and that the template failed, where it fails", async () => {
    const text = await chatText("'{% for i in (1..99999) %}{{ i }}{% endfor %}'");
    expect(text).toContain("New · rule broken · 1 match");
    expect(text).toMatch(/The template of the channel "chat" failed: .*limit exceeded/);
  });

  it.each([
    "'{{ group.nobody }}'",
    '"{{ group.nobody }}\\n \\u200b"',
    "{ title: '{{ group.nobody }}' , text: '{{ group.nobody }}' }",
  ])("says what Lookout says where the template %s says nothing", async (template) => {
    const { messages } = await sent(chat(template));
    const plain = await sent(`${RULES}\nchannels: { chat: { type: wecom, url: "HOOK/chat" } }`);
    expect(messages[0]!.body).toEqual(plain.messages[0]!.body);
  });

  it("keeps Lookout's title where only that of the template says nothing", async () => {
    const text = await chatText(`{ title: "{{ group.nobody }}\\u200b", text: "call Ada" }`);
    expect(text).toBe("**🔴 CRITICAL svc-1: Failed to pull image**\n\ncall Ada\n\n[Runbook](https://w.example/r)");
  });

  it("keeps Lookout's text where only that of the template says nothing", async () => {
    const text = await chatText("{ title: 'Call Ada', text: '{{ group.nobody }}' }");
    expect(text).toMatch(/^\*\*Call Ada\*\*\n\n/);
    expect(text).toContain("New · rule broken · 1 match");
  });

  it("begins with the first line that says something", async () => {
    const text = await chatText(`"{{ group.nobody }}\\u200b\\n\\u2060\\ncall\\n\\nAda"`);
    expect(text).toContain("image**\n\ncall\n\nAda\n\n[Runbook]");
  });

  it.each([
    ["slack", 'url: "HOOK/chat"', "ok"],
    ["gotify", 'url: "HOOK/chat", token: AKsjdf83hdSDh2x', '{"id":1}'],
    ["pagerduty", 'url: "HOOK/chat", routingKey: abcdef', ""],
    ["opsgenie", 'url: "HOOK/chat", apiKey: abcdef', ""],
  ])("gives %s no empty text", async (type, options, body) => {
    const template = "{ title: '{{ group.nobody }}', text: '{{ group.nobody }}' }";
    const rules = RULES.replace("severity:", "description: d, severity:");
    const b = await bench({ yaml: `${rules}\nchannels: { it: { type: ${type}, ${options}, template: ${template} } }` });
    b.answer(() => ({ status: type === "slack" || type === "gotify" ? 200 : 202, body }));
    b.to(1);
    b.fail(0.5);
    await b.round();
    const [{ body: message }] = b.messages as [Message];
    const texts = strings(message);
    expect(texts.filter((text) => text.trim() === "")).toEqual([]);
    expect(texts.join()).toContain("svc-1: Failed to pull image");
  });

  it("is in a test's own words, too", async () => {
    const b = await bench({ yaml: chat("{ title: 'Hello {{ title }}' }") });
    b.answer(() => ({ status: 200, body: '{"errcode":0}' }));
    const [row] = await sendTest(b.app, b.app.channels.get("chat")!, new AbortController().signal);
    expect(row).toMatchObject({ status: "delivered" });
    const text: string = b.messages[0]!.body.markdown.content.replaceAll("\u2060", "");
    expect(text).toContain("TEST: Hello 🔵 INFO This is a test");
    expect(text.match(/TEST|test message/g)).toHaveLength(2);
  });

  it("marks a test in a body by the title, and by a field of its own", async () => {
    const b = await bench({ yaml: hook('{ title: "{{ title }}", test: "{{ test }}" }') });
    await sendTest(b.app, b.app.channels.get("ops")!, new AbortController().signal);
    expect(b.messages[0]!.body).toMatchObject({ title: expect.stringMatching(/^TEST: /), test: true });
  });
});

describe("a webhook's body", () => {
  it("is the template's JSON, in which a text that is one output keeps the value's type", async () => {
    const { messages } = await sent(
      hook(`{ n: "{{ alerts.size }}", s: "{{ alerts.size }} alert", list: ["{{ alerts[0].labels }}", 5, true, null],
              one: "{{ alerts[0].count | plus: 1 }}", none: "{{ alerts[0].endsAt }}", "{{ title }}": "{{ status }}" }`),
    );
    expect(messages[0]!.body).toEqual({
      n: 1,
      s: "1 alert",
      list: [{ team: "ml" }, 5, true, null],
      one: 2,
      none: null,
      "{{ title }}": "firing",
    });
  });

  it("may be a list, and holds what an event says as it is", async () => {
    const { messages } = await sent(hook(`["{{ title }}", "{{ alerts[0].events[0].message }}"]`));
    expect(messages[0]!.body).toEqual(["🔴 CRITICAL svc-1: Failed to pull image", "Failed to pull image"]);
  });

  test.each([
    ["fails", `{ a: "{% for i in (1..99999) %}{{ i }}{% endfor %}" }`],
    ["has a body beyond 1 MB", `[${Array.from({ length: 1_500 }, () => '"{{ alerts }}"').join(", ")}]`],
  ])("is Lookout's own where the template %s", async (_why, template) => {
    const { messages } = await sent(hook(template));
    expect(messages[0]!.body).toMatchObject({ version: "1", reason: "new", alerts: [{ rule: "broken" }] });
  });
});
