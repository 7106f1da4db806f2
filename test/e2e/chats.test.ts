// What a person sees who sets up a chat with a wrong secret, address or option: `check` or `send-test` finds it, and
// says what to do. Real requests, to a server that answers in each service's own words.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith } from "../support/cli.ts";
import { type HttpServer, startHttpServer } from "../support/http-server.ts";
import { lookoutHere } from "../support/in-process.ts";

const TELEGRAM = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
const SECRETS = { TOKEN: TELEGRAM, KEY: "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2" };

interface Case {
  /** Its options, with URL for the server's address. */
  chat: string;
  /** The path that is asked. */
  asks: string;
  /** The service's yes, and one of its refusals with what is to be done about it. */
  yes: string;
  no: [status: number, body: string, said: string];
}

const CHATS: Case[] = [
  {
    chat: 'type: discord, url: "URL/api/webhooks/1098765432109876543/tokentoken"',
    asks: "/api/webhooks/1098765432109876543/tokentoken?wait=true",
    yes: '{"id":"1140000000000000000"}',
    no: [404, '{"message":"Unknown Webhook","code":10015}', "the webhook was deleted: make a new one"],
  },
  {
    chat: 'type: telegram, url: "URL", token: "${env:TOKEN}", chat: -1001234567890',
    asks: `/bot${TELEGRAM}/sendMessage`,
    yes: '{"ok":true,"result":{}}',
    no: [
      401,
      '{"ok":false,"error_code":401,"description":"Unauthorized"}',
      "HTTP 401: Unauthorized; the token is wrong: ask @BotFather",
    ],
  },
  {
    chat: 'type: google-chat, url: "URL/v1/spaces/A/messages?key=k&token=t"',
    asks: "/v1/spaces/A/messages?key=k&token=t&threadKey=",
    yes: '{"name":"spaces/A/messages/1"}',
    no: [404, '{"error":{"code":404,"message":"Requested entity was not found."}}', "the space or its webhook is gone"],
  },
  {
    chat: 'type: mattermost, url: "URL/hooks/xr3j5x3p4pfk7kk6ck7b4e6ghh"',
    asks: "/hooks/xr3j5x3p4pfk7kk6ck7b4e6ghh",
    yes: "ok",
    no: [
      400,
      '{"id":"web.incoming_webhook.invalid.app_error","message":"Invalid webhook."}',
      "the webhook was deleted or the address is wrong",
    ],
  },
  {
    chat: 'type: rocketchat, url: "URL/hooks/5f0c1a2b/Zb7dQ9sT"',
    asks: "/hooks/5f0c1a2b/Zb7dQ9sT",
    yes: '{"success":true}',
    no: [404, '{"success":false,"error":"Invalid integration id or token provided."}', "copy its URL again"],
  },
  {
    chat: 'type: welink, url: "URL/api/werobot/v1/webhook/send?token=a69f&channel=standard"',
    asks: "/api/werobot/v1/webhook/send?token=a69f&channel=standard",
    yes: '{"code":"0","data":"success","message":"ok"}',
    no: [200, '{"code":"58404","message":"robot does not exist"}', "add a new one to the group"],
  },
  {
    chat: 'type: ntfy, url: "URL", topic: ops, token: "${env:KEY}"',
    asks: "/",
    yes: '{"id":"hwQ2YpKdmg","event":"message"}',
    no: [403, '{"code":40301,"http":403,"error":"forbidden"}', "this topic needs a token that may write to it"],
  },
  {
    chat: 'type: gotify, url: "URL", token: "${env:KEY}"',
    asks: "/message",
    yes: '{"id":25}',
    no: [
      401,
      '{"error":"Unauthorized","errorCode":401,"errorDescription":"no"}',
      "take an application's, not a client's",
    ],
  },
];

function configOf(chat: string): string {
  return `connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }
sources: [{ kind: training-events }]
rules: [{ include: modelarts/training }]
channels: { chat: { ${chat} } }
`;
}

async function run(command: string[], chat: string, env: Record<string, string> = {}): Promise<string> {
  const cwd = await folderWith({ "lookout.yml": configOf(chat) });
  const keys = { HW_ACCESS_KEY: "a-key", HW_SECRET_KEY: "a-secret", ...SECRETS, ...env };
  const { code, stdout, stderr } = await lookoutHere(command, { cwd, env: keys });
  const all = `${code}: ${stdout}${stderr}`;
  for (const secret of Object.values(SECRETS)) expect(all).not.toContain(secret);
  return all;
}

describe("send-test", () => {
  let server: HttpServer;
  let script: { status: number; body: string };
  const asked: string[] = [];
  beforeAll(async () => {
    server = await startHttpServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(script.status).end(script.body);
    });
  });
  afterAll(() => server.close());

  it.each(CHATS)("$chat: the service's yes is a delivery", async ({ chat, asks, yes }) => {
    script = { status: 200, body: yes };
    asked.length = 0;
    expect(await run(["send-test", "chat"], chat.replace("URL", server.url))).toMatch(/^0: \w+ to chat: delivered\n/);
    expect(asked).toEqual([expect.stringContaining(asks)]);
  });

  it.each(CHATS)("$chat: its refusal comes with what to do about it", async ({ chat, no: [status, body, said] }) => {
    script = { status, body };
    const output = await run(["send-test", "chat"], chat.replace("URL", server.url));
    expect(output).toMatch(/^1: \w+ to chat: dead \(/);
    expect(output).toContain(said);
  });
});

describe("check", () => {
  it.each([
    ["telegram: a token that is none", 'type: telegram, token: "abc", chat: 1', "a bot's token as @BotFather gives it"],
    [
      "telegram: a chat that is none",
      'type: telegram, token: "${env:TOKEN}", chat: my group',
      "a chat's id, such as -100",
    ],
    ["telegram: no chat", 'type: telegram, token: "${env:TOKEN}"', '"chat" is missing'],
    ["ntfy: a topic with a space", "type: ntfy, topic: my topic", "a topic: up to 64 letters"],
    [
      "ntfy: the topic in the address",
      'type: ntfy, topic: ops, url: "https://ntfy.sh/ops"',
      "must be an ntfy server's root, without the topic",
    ],
    ["gotify: no token", 'type: gotify, url: "https://push.example"', '"token" is missing'],
    ["discord: an address that is none", "type: discord, url: discord.com/api/webhooks/1/x", "an http(s) address"],
    ["mattermost: an option that it has not", 'type: mattermost, url: "https://m.example", room: x', "unknown key"],
  ])("%s", async (_name, chat, said) => {
    const output = await run(["check"], chat);
    expect(output).toMatch(/^2: lookout\.yml:4:\d+: /);
    expect(output).toContain(said);
  });

  it.each([
    [
      "telegram",
      'type: telegram, token: "${env:BAD}", chat: 1',
      '"token" is not a bot\'s token as @BotFather gives it',
    ],
    ["ntfy", 'type: ntfy, topic: "${env:BAD}"', '"topic" is not a topic: up to 64 letters'],
    ["welink", 'type: welink, url: "${env:BAD}"', '"url" is not an http(s) address'],
  ])("%s: a variable that holds something else, which is not shown", async (_name, chat, said) => {
    const output = await run(["check"], chat, { BAD: "hush hush" });
    expect(output).toContain("with the value of ${env:BAD}, ");
    expect(output).toContain(said);
    expect(output).toContain("correct the variable or file");
    expect(output).not.toContain("hush");
  });
});
