// `send-test` finds what is wrong with a destination, through the whole path, and says what to do.
import { describe, expect, onTestFinished, test } from "vitest";
import { folderWith } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { type Scripted, type ScriptedServer, startScripted } from "../support/scripted-http.ts";
import { type Reply, startSmtpServer } from "../support/smtp-server.ts";

const CONFIG = (channel: string) => `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, auth: { token: "\${env:TOKEN}" } } }
sources: [{ kind: training-events }]
rules: [{ id: any, when: { level: [error] } }]
channels: { out: ${channel} }
`;
const ENV = {
  TOKEN: "t0ken-0a1b2c3d4e5f",
  AWS_ACCESS_KEY_ID: "AKIAHUSH0123456789AB",
  AWS_SECRET_ACCESS_KEY: "hush0a1b2c3d4e5f6a7b",
};
const URN = "urn:smn:eu-de:0123456789abcdef0123456789abcdef:ops";

/** What the command prints, and how it ends. */
async function sendTest(channel: string, env: Record<string, string> = {}) {
  const cwd = await folderWith({ "lookout.yml": CONFIG(channel) });
  return lookoutHere(["send-test", "out"], { cwd, env: { ...ENV, KEY: "hush-9f8e7d6c5b4a", ...env } });
}

async function serving(answer: ScriptedServer["answer"]): Promise<{ url: string }> {
  const server = await startScripted(answer);
  onTestFinished(() => server.close());
  return server;
}

async function mailServer(script: Record<string, Reply>): Promise<{ env: Record<string, string>; mails: string[] }> {
  const server = await startSmtpServer();
  onTestFinished(() => server.close());
  server.script = script;
  return { env: { MAIL: `smtp://lookout:hush-9f8e7d6c5b4a@127.0.0.1:${server.port}` }, mails: server.mails };
}

const MAIL = '{ type: smtp, url: "${env:MAIL}", from: lookout@example.com, to: [a@example.com, b@example.com] }';
const NO_QUEUE = {
  status: 400,
  headers: { "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender" },
  body: '{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}',
};

describe("send-test", () => {
  test.each<[sentence: string, answer: Scripted, channel: (url: string) => string, said: RegExp]>([
    [
      "a wrong key of Opsgenie",
      { status: 401 },
      (url) => `{ type: opsgenie, apiKey: "\${env:KEY}", url: "${url}" }`,
      /check "apiKey"/,
    ],
    [
      "a wrong token of incident.io",
      { status: 401 },
      (url) => `{ type: incident-io, token: "\${env:KEY}", url: "${url}" }`,
      /check "token"/,
    ],
    [
      "an integration of OnCall that is gone",
      { status: 404 },
      (url) => `{ type: grafana-oncall, url: "${url}" }`,
      /check "url".*Formatted Webhook/,
    ],
    [
      "a wrong address of Alertmanager",
      { status: 404 },
      (url) => `{ type: alertmanager, url: ["${url}"] }`,
      /before \/api\/v2\/alerts/,
    ],
    [
      "a wrong access key of SMN",
      { status: 401, body: '{"error_code":"APIGW.0301"}' },
      (url) => `{ type: smn, topicUrn: "${URN}", accessKey: AK, secretKey: "\${env:KEY}", endpoint: "${url}" }`,
      /check "accessKey" and "secretKey"/,
    ],
    [
      "a queue that is not there",
      NO_QUEUE,
      (url) => `{ type: sqs, queueUrl: "${url}/1/q", region: eu-central-1, endpoint: "${url}" }`,
      /check "queueUrl"/,
    ],
  ])("%s", async (_sentence, answer, channel, said) => {
    const { url } = await serving(answer);
    const { code, stdout, stderr } = await sendTest(channel(url));
    expect([code, stdout]).toEqual([1, expect.stringMatching(said)]);
    expect(stdout + stderr).not.toMatch(/hush/i);
  });

  test("what is to be tried again at once is, before it says how it ended", async () => {
    const signs: string[] = [];
    const { url } = await serving(({ body }) => {
      signs.push(JSON.parse(body).sign);
      return { status: 200, body: signs.length === 1 ? '{"code":19021,"msg":"sign match fail"}' : '{"code":0}' };
    });
    const { code, stdout } = await sendTest(`{ type: feishu, url: "${url}", secret: "\${env:KEY}" }`);
    expect([code, signs.length, stdout]).toEqual([0, 2, expect.stringContaining("to out: delivered\n")]);
  });

  test("a template that fails is said, with why, though the usual words arrived", async () => {
    const { url } = await serving({ status: 200, body: "ok" });
    const template = "{% for a in (1..9999) %}{% for b in (1..9999) %}{{ b }}{% endfor %}{% endfor %}";
    const { code, stdout, stderr } = await sendTest(`{ type: slack, url: "${url}", template: "${template}" }`);
    expect([code, stdout]).toEqual([1, expect.stringContaining("to out: delivered\n")]);
    expect(stderr).toMatch(/lookout: the template of the channel "out" failed, Lookout's own words went.*limit/);
  });

  test("a wrong password of a mail server", async () => {
    const { env } = await mailServer({ AUTH: "535 5.7.8 no such password: hush-9f8e7d6c5b4a" });
    const { code, stdout, stderr } = await sendTest(MAIL, env);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/535.*check user and password in "url"/)]);
    expect(stdout + stderr).not.toContain("hush");
  });

  test("a mail server's address that is none is found before anything is sent", async () => {
    const { code, stdout, stderr } = await sendTest(MAIL, { MAIL: "hush-no-address" });
    expect(code).toBe(2);
    expect(stdout + stderr).toMatch(/"url" is not a mail server/);
    expect(stdout + stderr).not.toContain("hush");
  });

  test("a mail that not every recipient gets is delivered, and the log line says who did not take it", async () => {
    const { env, mails } = await mailServer({ "RCPT TO:<b": "550 5.1.1 left us" });
    const { code, stderr } = await sendTest(MAIL, env);
    expect([code, mails.length]).toEqual([0, 1]);
    expect(stderr).toMatch(/delivered.*not accepted for 1 of its recipients: 550 5\.1\.1 left us/);
  });

  test.each<[sentence: string, answers: number[], said: RegExp, actions: string[]]>([
    ["opens an incident and closes it again", [202, 202], /was opened and closed again\.\n$/, ["trigger", "resolve"]],
    ["says where one may be open still", [202, 400], /may be open: close it there/, ["trigger", "resolve"]],
    ["says where one may be open, since there was no clear answer", [503], /may be open/, ["trigger"]],
    ["closes nothing that was not opened, and says so", [400], /No incident was opened\.\n$/, ["trigger"]],
  ])("%s", async (_sentence, answers, said, actions) => {
    const asked: { event_action: string; dedup_key: string }[] = [];
    const { url } = await serving(({ body }) => {
      asked.push(JSON.parse(body));
      return { status: answers[asked.length - 1]!, body: '{"status":"success"}' };
    });
    const { stdout } = await sendTest(`{ type: pagerduty, routingKey: "\${env:KEY}", url: "${url}" }`);
    expect(asked.map(({ event_action }) => event_action)).toEqual(actions);
    expect(new Set(asked.map(({ dedup_key }) => dedup_key)).size).toBe(1);
    expect(stdout).toMatch(said);
    expect(stdout.includes(asked[0]!.dedup_key)).toBe(answers[0] !== 400);
  });
});
