// The SMN channel: signed as the cloud's other APIs, a short text for SMS, kept for a week until it is delivered.
import { describe, expect, test } from "vitest";
import { authorization } from "../../lib/model/signer.ts";
import { answer, channelContract, channelOf, requests } from "./contract.ts";
import { aNotification, anAlert, crowd, NOW } from "./samples.ts";

const PROJECT = "0123456789abcdef0123456789abcdef";
const options = {
  topicUrn: `urn:smn:eu-de:${PROJECT}:ops`,
  accessKey: "AK0123456789EXAMPLE9",
  secretKey: "hush0a1b2c3d4e5f6a7b8c9d0e1f",
};
const spec = {
  type: "smn",
  options,
  secrets: [options.secretKey],
  success: answer(
    200,
    '{"request_id":"6a63a18b8bab40ffb71ebd9cb80d0085","message_id":"bf94b63a5dfb475994d3ac34664e24f2"}',
  ),
  delivered: () => false,
  measure: (request: { body: string }) => Buffer.byteLength(request.body),
  limit: 256 * 1_024,
  chat: false,
};
channelContract(spec);

const smn = channelOf("smn");
const request = (notification = aNotification(), more = {}) =>
  requests({ type: "smn", options: { ...options, ...more } }, notification)[0]!;
const partsOf = (notification = aNotification()) => {
  const { subject, message_structure: structure, time_to_live: life } = JSON.parse(request(notification).body);
  return { subject, life, ...(JSON.parse(structure) as { default: string; sms: string }) };
};

describe("smn", () => {
  test("is published to the topic, with region and project of its URN", () => {
    expect(request().url).toBe(
      `https://smn.eu-de.otc.t-systems.com/v2/${PROJECT}/notifications/topics/urn%3Asmn%3Aeu-de%3A${PROJECT}%3Aops/publish`,
    );
  });

  test.each([
    [
      "Huawei Cloud's region",
      { topicUrn: `urn:smn:cn-north-4:${PROJECT}:ops` },
      "https://smn.cn-north-4.myhuaweicloud.com/",
    ],
    ["the cloud as configured", { cloud: "huaweicloud" }, "https://smn.eu-de.myhuaweicloud.com/"],
    ["another region", { region: "eu-nl" }, "https://smn.eu-nl.otc.t-systems.com/"],
    ["an endpoint of one's own", { endpoint: "https://smn.example.com/" }, "https://smn.example.com/v2/"],
  ])("the address is that of %s", (_name, more, start) => {
    expect(request(aNotification(), more).url.startsWith(start)).toBe(true);
  });

  test("is signed with the access key", () => {
    const { url, method, headers, body } = request(aNotification(), { securityToken: "temporary" });
    const { authorization: signature, ...signed } = headers;
    expect(signed).toMatchObject({ "x-sdk-date": "20261120T100500Z", "x-security-token": "temporary" });
    const signable = { method, url: new URL(url), headers: { ...signed, host: new URL(url).host }, body };
    expect(signature).toBe(authorization(signable, options.accessKey, options.secretKey));
    expect(body).not.toContain(options.secretKey);
  });

  test("subscribers by SMS get one piece without brackets, the others all of it, for a week", () => {
    const summary = `[job-7]【训练作业失败】${"x".repeat(300)}`;
    const { subject, sms, default: all, life } = partsOf(aNotification({ alerts: [anAlert({ summary })] }));
    expect(Buffer.byteLength(subject)).toBeLessThanOrEqual(512);
    expect(sms.length).toBeLessThanOrEqual(200);
    expect(sms).toContain("job-7");
    expect(sms).not.toMatch(/[[\]【】]/);
    expect(all).toContain("team=ml, env=prod");
    expect(life).toBe("604800");
  });

  test("a message of many alerts is within its limits", () => {
    const { subject, sms, default: all } = partsOf(aNotification({ alerts: crowd(2_000, "训练作业失败".repeat(100)) }));
    expect(Buffer.byteLength(subject)).toBeLessThanOrEqual(512);
    expect(sms.length).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(all)).toBeLessThanOrEqual(60_000);
  });

  test("a URN that turns out to be none is an error that does not show it", () => {
    expect(() => request(aNotification(), { topicUrn: "hush" })).toThrow(/"topicUrn" is not a topic's URN/);
    expect(() => request(aNotification(), { topicUrn: "hush" })).not.toThrow(/hush/);
    expect(smn.options.safeParse({ ...options, topicUrn: "ops" }).success).toBe(false);
  });

  test.each([
    [
      "a wrong key or signature",
      answer(401, '{"error_msg":"Incorrect IAM authentication information","error_code":"APIGW.0301"}'),
      "permanent",
      /"accessKey" and "secretKey".*clock/,
    ],
    [
      "no permission",
      answer(403, '{"code":"SMN.0013","message":"Insufficient permissions."}'),
      "permanent",
      /smn:topic:publish/,
    ],
    [
      "no such topic",
      answer(404, '{"code":"SMN.0011","message":"The topic does not exist."}'),
      "permanent",
      /"topicUrn"/,
    ],
    ["another answer", answer(200, "hello"), "permanent", /HTTP 200, which is not/],
    ["too many at once", answer(429, '{"code":"SMN.0099"}'), "retry", /HTTP 429/],
    ["a service that is down", answer(503), "retry", /HTTP 503/],
  ])("%s", (_name, response, kind, reason) => {
    const outcome = smn.classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(reason) });
  });
});

test.each([
  ["401, after which the cloud soon locks the key", 401, true],
  ["403, which another permission mends", 403, undefined],
])("%s: whether the channel sends nothing more", (_, status, gone) => {
  const outcome = smn.classify(answer(status, "{}"), { now: NOW, attempt: 1 });
  expect("gone" in outcome ? outcome.gone : undefined).toBe(gone);
});
