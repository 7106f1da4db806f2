// The pages that messages link to: the resource's own where the configuration knows it, else where the console begins.
import { expect, test } from "vitest";
import { compileLinks } from "../../../lib/app/delivery/links.ts";
import { isGood } from "../../../lib/model/ack-link.ts";
import type { ConnectionConfig } from "../../../lib/model/config.ts";
import type { NotifiedAlert } from "../../../lib/model/notification.ts";
import { anAlert } from "../../channels/samples.ts";
import { bench } from "../support.ts";

const PROJECT = "0123456789abcdef0123456789abcdef";
const BASE = { region: "eu-de", projectId: PROJECT, workspaces: ["0"], requestsPerSecond: 20 };

function linksOf(connection: Partial<ConnectionConfig>, fields: Partial<NotifiedAlert> = {}): string[] {
  const links = compileLinks({ connections: { prod: { cloud: "otc", ...BASE, ...connection } } });
  return links(anAlert(fields)).map(({ text, url }) => `${text} ${url}`);
}
const own = (service: string): Partial<ConnectionConfig> => ({ links: { service } });

test.each<[string, Partial<ConnectionConfig>, Partial<NotifiedAlert>, string[]]>([
  ["the console of Open Telekom Cloud", {}, {}, ["Console https://console.otc.t-systems.com/modelarts/"]],
  [
    "the console of Huawei Cloud, in the alert's region",
    { cloud: "huaweicloud" },
    { region: "cn-north-4" },
    ["Console https://console.huaweicloud.com/modelarts/?region=cn-north-4"],
  ],
  [
    "Cloud Eye's console for what it found",
    { cloud: "huaweicloud" },
    { source: "cloud-eye-events", region: "cn-north-4" },
    ["Console https://console.huaweicloud.com/ces/?region=cn-north-4"],
  ],
  ["no console of a cloud of one's own", { cloud: "custom" }, {}, []],
  ["no console where an alert spans several sources", {}, { source: null }, []],
  ["nothing where an alert spans several connections", {}, { connection: null }, []],
  ["nothing of a connection that is gone", {}, { connection: "old" }, []],
  [
    "a resource's own page",
    own("https://c.example/{{ region }}/{{ project }}/{{ connection }}/{{ resource.type }}/{{ resource.id }}"),
    {},
    [`Resource https://c.example/eu-de/${PROJECT}/prod/service/35de3ca9`],
  ],
  [
    "the console for a resource of another type",
    own("https://c.example/{{ resource.id }}"),
    { resource: { type: "pool", id: "p", name: "p" } },
    ["Console https://console.otc.t-systems.com/modelarts/"],
  ],
  [
    "the console for a type that every object knows",
    own("https://c.example/{{ resource.id }}"),
    { resource: { type: "constructor", id: "p", name: "p" } },
    ["Console https://console.otc.t-systems.com/modelarts/"],
  ],
  [
    "the console for an alert without a resource",
    own("https://c.example/"),
    { resource: null },
    ["Console https://console.otc.t-systems.com/modelarts/"],
  ],
  [
    "a page whose address an event's text cannot leave",
    own("https://c.example/#/{{ resource.name }}?id={{ resource.id }}"),
    { resource: { type: "service", id: "a&b=c/d?e#f", name: "@evil.example/\ud800" } },
    ["Resource https://c.example/#/%40evil.example%2F%EF%BF%BD?id=a%26b%3Dc%2Fd%3Fe%23f"],
  ],
  [
    "the console where a template makes no address",
    own("{{ resource.name }}"),
    {},
    ["Console https://console.otc.t-systems.com/modelarts/"],
  ],
  [
    "the console where a template fails",
    own("https://c.example/{% for i in (1..99999) %}{{ i }}{% endfor %}"),
    {},
    ["Console https://console.otc.t-systems.com/modelarts/"],
  ],
])("%s", (_sentence, connection, alert, links) => {
  expect(linksOf(connection, alert)).toEqual(links);
});

test("a message links to Lookout's own page, and to one that acknowledges the alert, until it is over", async () => {
  const yaml = `
rules:
  - { id: broken, when: { level: [error] }, resolve: { when: { source: [service-events], level: [normal] } } }
route: { groupInterval: 1m }
console: { publicUrl: "https://lookout.example/", token: "\${env:TOKEN}" }
channels: { chat: { type: wecom, url: "HOOK/chat" } }`;
  const b = await bench({ yaml, env: { TOKEN: "0123456789abcdefghijklmn" } });
  b.answer(() => ({ status: 200, body: '{"errcode":0}' }));
  b.to(1);
  b.fail(0.5);
  await b.beats(2);
  b.recover(2.5);
  await b.beats(4);
  const [fired, over] = b.messages.map(({ body }) => {
    const links = [...body.markdown.content.matchAll(/\[(\w+)\]\(([^)]+)\)/g)];
    return Object.fromEntries(links.map(([, text, url]) => [text, url]));
  });
  const [{ alerts = [] } = {}] = (await b.store.list<{ notification: { alerts: { id: string }[] } }>("delivery")).map(
    ({ data }) => data.notification,
  );
  const page = `https://lookout.example/alerts/${alerts[0]!.id}`;
  expect(over).toEqual({ Lookout: page });
  expect(fired).toEqual({ Lookout: page, Acknowledge: expect.stringContaining(`/ack/${alerts[0]!.id}/`) });
  const [expires, signature] = fired!.Acknowledge.split("/").slice(-2);
  const link = { alert: alerts[0]!.id, expires: Number(expires), signature };
  expect(isGood("0123456789abcdefghijklmn", link, b.app.clock.now())).toBe(true);
});

test("a message links to the page of its alert's resource", async () => {
  const yaml = `
rules: [{ id: broken, when: { level: [error] }, runbook: "https://wiki.example/run" }]
channels: { chat: { type: wecom, url: "HOOK/chat" } }`;
  const b = await bench({ yaml, links: '{ service: "https://c.example/{{ resource.id }}" }' });
  b.answer(() => ({ status: 200, body: '{"errcode":0}' }));
  b.to(1);
  b.fail(0.5);
  await b.round();
  const text: string = b.messages[0]!.body.markdown.content;
  expect(text).toContain("[Runbook](https://wiki.example/run) · [Resource](https://c.example/svc-1)");
});
