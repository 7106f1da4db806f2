// What each kind of destination answers where a secret, an address or an option is wrong, as its vendor documents it or
// as it was seen: `send-test` says what to do about it, in one sentence, and shows no secret.
import { expect, onTestFinished, test } from "vitest";
import { folderWith } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { type Scripted, startScripted } from "../support/scripted-http.ts";

const TOKEN = "hush-9f8e7d6c5b4a";
const ENV = {
  KEY: TOKEN,
  BOT: "123456789:AAHhush9f8e7d6c5b4a3f2e1d0c9b8a7",
  AWS_ACCESS_KEY_ID: "AKIAHUSH0123456789AB",
  AWS_SECRET_ACCESS_KEY: "hush0a1b2c3d4e5f6a7b",
};
const URN = "urn:smn:eu-de:0123456789abcdef0123456789abcdef:ops";
const ARN = "arn:aws:sns:eu-central-1:123456789012:ops";
const LETTER = "from: a@example.com, to: [b@example.com]";

/** The options of each type beside `type`; HERE is the address of its service. */
const OPTIONS: Readonly<Record<string, string>> = {
  webhook: 'url: "HERE/hook"',
  slack: 'url: "HERE/services/T0/B0/${env:KEY}"',
  "slack bot": 'url: "HERE/api", token: "${env:KEY}", channel: C0123ABCD',
  teams: 'url: "HERE/workflows/abc/triggers/manual/paths/invoke?sig=${env:KEY}"',
  feishu: 'url: "HERE/open-apis/bot/v2/hook/${env:KEY}", secret: "${env:KEY}"',
  dingtalk: 'url: "HERE/robot/send?access_token=${env:KEY}", secret: "${env:KEY}"',
  wecom: 'url: "HERE/cgi-bin/webhook/send?key=${env:KEY}"',
  welink: 'url: "HERE/webhook/send?token=${env:KEY}&channel=standard"',
  discord: 'url: "HERE/api/webhooks/123/${env:KEY}"',
  telegram: 'url: "HERE", token: "${env:BOT}", chat: -1001234567890',
  "google-chat": 'url: "HERE/v1/spaces/S/messages?key=k&token=${env:KEY}"',
  mattermost: 'url: "HERE/hooks/${env:KEY}"',
  rocketchat: 'url: "HERE/hooks/abc/${env:KEY}"',
  ntfy: 'url: "HERE", topic: alerts, token: "${env:KEY}"',
  gotify: 'url: "HERE", token: "${env:KEY}"',
  pagerduty: 'url: "HERE/v2/enqueue", routingKey: "${env:KEY}"',
  opsgenie: 'url: "HERE", apiKey: "${env:KEY}"',
  jsm: 'url: "HERE", apiKey: "${env:KEY}"',
  "incident-io": 'url: "HERE/v2/alert_events/http/abc", token: "${env:KEY}"',
  "grafana-oncall": 'url: "HERE/integrations/v1/formatted_webhook/${env:KEY}/"',
  alertmanager: 'url: "HERE"',
  smn: `endpoint: "HERE", topicUrn: "${URN}", accessKey: AK, secretKey: "\${env:KEY}"`,
  sns: `endpoint: "HERE", topicArn: "${ARN}"`,
  sqs: 'endpoint: "HERE", queueUrl: "HERE/123456789012/ops", region: eu-central-1',
  eventbridge: 'endpoint: "HERE", region: eu-central-1',
  ses: `endpoint: "HERE", region: eu-central-1, ${LETTER}`,
};

type Answer = Exclude<Scripted, string>;

const json = (status: number, body: unknown): Answer => ({ status, body: JSON.stringify(body) });
const slack = (error: string): Answer => json(200, { ok: false, error });
const teams = (status: number, code: string): Answer => json(status, { error: { code, message: "no" } });
const feishu = (code: number, msg: string): Answer => json(200, { code, msg });
const ding = (errcode: number, errmsg: string): Answer => json(200, { errcode, errmsg });
const DING_DOC = "more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]";
const aws = (status: number, type: string, message = "no"): Answer => ({
  ...json(status, { __type: type, message }),
  headers: { "x-amzn-errortype": type },
});
const snsError = (status: number, code: string): Answer => ({
  status,
  headers: { "content-type": "text/xml" },
  body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>x</RequestId></ErrorResponse>`,
});
const text = (status: number, body = ""): Answer => ({ status, body });

const CASES: [type: string, answer: Answer, sentence: RegExp][] = [
  ["webhook", text(301), /give the final address/],
  ["webhook", text(400, "no"), /check "format" or "template", and "secret"/],
  ["webhook", text(401, "unauthorized"), /check "secret" and "headers"/],
  ["webhook", text(403), /check "secret" and "headers"/],
  ["webhook", text(404, "<html>not found</html>"), /check "url": the receiver knows no such address/],
  ["webhook", text(405), /check "url": what is there takes no POST/],
  ["webhook", text(413), /raise its limit/],
  ["slack", text(404, "no_service"), /no_service; the webhook was removed or disabled: make a new one/],
  ["slack", text(403, "invalid_token"), /copy the webhook's URL again/],
  ["slack", text(404, "no_team"), /the workspace is gone.*copy the webhook's URL again/],
  ["slack", text(404, "channel_not_found"), /the webhook's channel is gone: make a webhook for another one/],
  ["slack", text(403, "action_prohibited"), /an administrator restricts posting there: make a webhook/],
  ["slack", text(403, "posting_to_general_channel_denied"), /an administrator restricts posting there/],
  ["slack", text(410, "channel_is_archived"), /unarchive the channel/],
  ["slack", text(404, "<html>not found</html>"), /check "url": a webhook's is/],
  ["slack bot", slack("invalid_auth"), /check the token: it is the app's bot token/],
  ["slack bot", slack("not_authed"), /check the token/],
  ["slack bot", slack("token_expired"), /turn off token rotation for the app/],
  ["slack bot", slack("token_revoked"), /install the app again and give its new bot token/],
  ["slack bot", slack("account_inactive"), /install the app again/],
  ["slack bot", slack("not_allowed_token_type"), /give the app's bot token \(xoxb-…\)/],
  ["slack bot", slack("missing_scope"), /give the app the scope chat:write/],
  ["slack bot", slack("channel_not_found"), /name the channel by its id/],
  ["slack bot", slack("not_in_channel"), /invite the app to the channel/],
  ["slack bot", slack("is_archived"), /unarchive the channel/],
  ["slack bot", slack("restricted_action"), /choose another channel/],
  ["slack bot", text(404, "<html>not found</html>"), /check "url": leave it out/],
  ["teams", teams(401, "DirectApiAuthorizationRequired"), /copy all of the workflow's URL, with sig=/],
  ["teams", text(401), /copy the workflow's URL again, with sig=/],
  ["teams", text(403), /let anyone trigger it/],
  ["teams", teams(404, "WorkflowNotFound"), /the workflow was deleted: make one again/],
  ["teams", text(404), /copy the workflow's URL again, or make a new one/],
  ["teams", teams(400, "WorkflowTriggerIsNotEnabled"), /WorkflowTriggerIsNotEnabled.*turn the workflow on/],
  ["teams", teams(400, "TriggerInputSchemaMismatch"), /must begin with the trigger for webhook requests/],
  ["feishu", feishu(19001, "param invalid: incoming webhook access token invalid"), /copy the bot's webhook address/],
  ["feishu", feishu(19021, "sign match fail or timestamp is not within one hour from current time"), /check "secret"/],
  ["feishu", feishu(19022, "Ip Not Allowed"), /add this machine's public address to the bot's IP whitelist/],
  ["feishu", feishu(19024, "Key Words Not Found"), /set signature verification/],
  ["feishu", json(400, { code: 9499, msg: "Bad Request", data: {} }), /copy the bot's webhook address again/],
  ["feishu", text(404, "404 page not found"), /copy the bot's webhook address again/],
  ["dingtalk", ding(310000, `keywords not in content, ${DING_DOC}`), /choose the signature/],
  ["dingtalk", ding(310000, `sign not match, ${DING_DOC}`), /check "secret"/],
  ["dingtalk", ding(310000, `invalid timestamp, ${DING_DOC}`), /set this machine's clock/],
  ["dingtalk", ding(310000, `ip 1.2.3.4 not in whitelist, ${DING_DOC}`), /add this machine's public address/],
  [
    "dingtalk",
    ding(310000, "description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词"),
    /choose the signature/,
  ],
  ["dingtalk", ding(310000, "description:机器人发送签名不匹配;solution:请确认签名"), /check "secret"/],
  ["dingtalk", ding(310000, "description:机器人发送签名过期;solution:请保持在 timestampms 以内"), /machine's clock/],
  ["dingtalk", ding(310000, "description:来源IP地址不在白名单中;solution:加入"), /this machine's public address/],
  ["dingtalk", ding(300001, "token is not exist"), /copy the robot's webhook address again/],
  ["dingtalk", ding(300005, "token is not exist"), /copy the robot's webhook address again/],
  ["dingtalk", ding(400102, "robot disabled"), /enable it/],
  ["dingtalk", text(404), /copy the robot's webhook address again/],
  ["wecom", ding(93000, "invalid webhook url, hint: [1667811712151829450]"), /copy the robot's webhook address again/],
  ["wecom", ding(93004, "robot stop service"), /the robot is disabled/],
  ["wecom", ding(93008, "robot not in group"), /add a new one/],
  ["wecom", text(404), /copy the robot's webhook address again/],
  ["welink", json(200, { code: "58404", message: "robot not exist" }), /add a new one to the group/],
  ["welink", json(200, { code: "58601", message: "auth failed" }), /check the address \(token and channel\)/],
  ["welink", json(200, { code: "58602", message: "robot not enabled" }), /enable it in the group's settings/],
  ["welink", text(403), /allow this machine's public address/],
  ["welink", text(404), /check the address/],
  ["discord", json(404, { message: "Unknown Webhook", code: 10015 }), /make a new one and give its URL/],
  ["discord", json(401, { message: "Invalid Webhook Token", code: 50027 }), /copy the webhook's URL again/],
  ["discord", text(404, "<html></html>"), /copy the webhook's URL again/],
  ["discord", json(400, { message: "no thread", code: 220001 }), /add \?thread_id=/],
  ["telegram", json(401, { ok: false, error_code: 401, description: "Unauthorized" }), /ask @BotFather/],
  ["telegram", json(404, { ok: false, error_code: 404, description: "Not Found" }), /ask @BotFather/],
  ["telegram", json(400, { ok: false, description: "Bad Request: chat not found" }), /check "chat"/],
  ["telegram", json(400, { ok: false, description: "Bad Request: message thread not found" }), /check "thread"/],
  ["telegram", json(403, { ok: false, description: "Forbidden: bot was kicked" }), /add it to the chat/],
  ["google-chat", json(400, { error: { message: "Invalid key" } }), /copy the webhook's URL again/],
  ["google-chat", json(401, { error: { message: "no" } }), /copy the webhook's URL again/],
  ["google-chat", json(403, { error: { message: "no" } }), /make a new one/],
  ["google-chat", json(404, { error: { message: "no" } }), /make a new one and give its URL/],
  ["mattermost", json(400, { id: "web.incoming_webhook.invalid.app_error", message: "no" }), /make a new one/],
  ["mattermost", json(501, { id: "web.incoming_webhook.disabled.app_error", message: "no" }), /has to enable/],
  ["mattermost", json(403, { id: "web.incoming_webhook.channel_locked.app_error", message: "no" }), /make one for/],
  ["mattermost", text(404), /it ends with \/hooks\/ and an id/],
  [
    "rocketchat",
    json(404, { success: false, error: "Invalid integration id or token provided." }),
    /copy its URL again/,
  ],
  ["rocketchat", json(400, { success: false, error: "invalid-channel" }), /choose another one/],
  ["rocketchat", text(404), /it ends with \/hooks\//],
  ["ntfy", json(401, { code: 40101, http: 401, error: "unauthorized" }), /ntfy token add/],
  ["ntfy", json(403, { code: 40301, http: 403, error: "forbidden" }), /ntfy access/],
  ["ntfy", json(404, { code: 40401, http: 404, error: "page not found" }), /"url" is the server's root/],
  ["gotify", json(401, { errorCode: 401, errorDescription: "you need a token" }), /take an application's/],
  ["gotify", json(404, { errorCode: 404, errorDescription: "page not found" }), /without \/message/],
  ["pagerduty", json(400, { status: "invalid event", errors: ["Invalid routing key"] }), /check "routingKey"/],
  ["pagerduty", json(403, { status: "Forbidden" }), /check "routingKey".*of the same region as "url"/],
  ["pagerduty", text(404, "not found"), /check "url": https?:\/\/events\.pagerduty\.com/],
  ["pagerduty", text(202), /not "status": "success".*check "url"/],
  ["opsgenie", json(401, { message: "Could not authenticate" }), /check "apiKey"/],
  ["opsgenie", json(403, { message: "no" }), /check "apiKey"/],
  ["opsgenie", json(422, { message: "Key format is not valid!" }), /check "apiKey"/],
  ["opsgenie", text(404), /before \/v2\/alerts/],
  ["jsm", json(401, { message: "Could not authenticate" }), /check "apiKey"/],
  ["jsm", json(422, { message: "Key format is not valid!" }), /check "apiKey"/],
  ["incident-io", json(401, { type: "authentication_error", status: 401 }), /check "token"/],
  ["incident-io", json(404, { type: "not_found", status: 404 }), /check "url": there is no such alert source/],
  ["grafana-oncall", text(403), /check "url".*Formatted Webhook/],
  ["grafana-oncall", text(404), /check "url".*Formatted Webhook/],
  ["alertmanager", text(401, "Unauthorized"), /check "headers"/],
  ["alertmanager", text(404, "404 page not found"), /before \/api\/v2\/alerts/],
  ["smn", json(401, { error_code: "APIG.0301", error_msg: "no" }), /APIG\.0301.*check "accessKey" and "secretKey"/],
  ["smn", json(403, { error_code: "SMN.00011006", error_msg: "no" }), /SMN\.00011006.*smn:topic:publish/],
  ["smn", json(404, { error_code: "SMN.00013004", error_msg: "no" }), /check "topicUrn"/],
  ["smn", json(400, { error_code: "SMN.00013001", error_msg: "no" }), /check "topicUrn"/],
  ["sns", snsError(404, "NotFound"), /check "topicArn" and "region"/],
  ["sns", snsError(403, "AuthorizationError"), /allow this role sns:Publish/],
  ["sns", snsError(403, "InvalidClientTokenId"), /check the AWS credentials/],
  ["sns", snsError(400, "InvalidParameter"), /check "topicArn" and "phone"/],
  ["sqs", aws(400, "com.amazonaws.sqs#QueueDoesNotExist"), /check "queueUrl" and "region"/],
  ["sqs", aws(403, "AccessDeniedException"), /allow this role sqs:SendMessage/],
  ["sqs", aws(403, "InvalidClientTokenId"), /check the AWS credentials/],
  ["eventbridge", aws(400, "ResourceNotFoundException"), /check "bus" and "region"/],
  ["eventbridge", aws(400, "AccessDeniedException"), /allow this role events:PutEvents/],
  ["eventbridge", aws(400, "UnrecognizedClientException"), /check the AWS credentials/],
  [
    "eventbridge",
    json(200, { FailedEntryCount: 1, Entries: [{ ErrorCode: "NotAuthorizedForSourceException" }] }),
    /"source"/,
  ],
  ["ses", aws(400, "MessageRejected", "Email address is not verified."), /verify "from" in SES/],
  ["ses", aws(403, "AccessDeniedException"), /allow this role ses:SendEmail/],
  ["ses", aws(403, "SignatureDoesNotMatch"), /check the AWS credentials/],
];

async function refused(type: string, answer: Answer) {
  const server = await startScripted(answer);
  onTestFinished(() => server.close());
  const options = OPTIONS[type]!.replaceAll("HERE", server.url);
  const channel = `{ type: ${type.split(" ")[0]}, ${options} }`;
  const cwd = await folderWith({
    "lookout.yml": `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, auth: { token: "\${env:KEY}" } } }
sources: [{ kind: training-events }]
rules: [{ id: any, when: { level: [error] } }]
channels: { out: ${channel} }
`,
  });
  return lookoutHere(["send-test", "out"], { cwd, env: ENV });
}

test.each(CASES)("a refusal of %s, %j, is followed by what to do", async (type, answer, sentence) => {
  const { code, stdout, stderr } = await refused(type, answer);
  expect([code, stdout.split("\n")[0]]).toEqual([1, expect.stringMatching(sentence)]);
  // What is tried again at once has come to its end; nothing waits for another look.
  if (answer.status < 500) expect(stdout).toMatch(/: dead \(/);
  expect(stdout + stderr).not.toMatch(/hush/i);
});

test("each kind of destination that answers over HTTP has its refusals here", () => {
  expect(new Set(CASES.map(([type]) => type))).toEqual(new Set(Object.keys(OPTIONS)));
});
