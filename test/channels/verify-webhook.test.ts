// verifyWebhook: what it accepts, and why it refuses.
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { verifyWebhook, type WebhookRequest, WebhookVerificationError } from "../../lib/channels/verify-webhook.ts";
import { requests } from "./contract.ts";
import { aNotification, NOW } from "./samples.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const AT = 1_614_265_330;
const known = {
  secret: SECRET,
  headers: {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": String(AT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  },
  body: '{"test": 2432232314}',
  now: AT * 1_000,
};
const { "webhook-signature": signature, ...unsigned } = known.headers;

describe("accepted", () => {
  const accepted: [string, Partial<WebhookRequest>][] = [
    ["the known request", {}],
    ["the secret without its prefix", { secret: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }],
    ["a body of bytes", { body: Buffer.from(known.body) }],
    ["a Headers object", { headers: new Headers(known.headers) }],
    [
      "header names in another case",
      { headers: Object.fromEntries(Object.entries(known.headers).map(([n, v]) => [n.toUpperCase(), v])) },
    ],
    ["headers as lists", { headers: { ...unsigned, "webhook-signature": ["v1,bm8=", signature] } }],
    [
      "several signatures while a key is rotated",
      { headers: { ...unsigned, "webhook-signature": `v1,bm8= v1a,eHg= ${signature}` } },
    ],
    [
      "a signature header given twice",
      {
        headers: new Headers([
          ...Object.entries(unsigned),
          ["webhook-signature", "v1,bm8="],
          ["webhook-signature", signature],
        ]),
      },
    ],
    [
      "signatures that a proxy joined with a comma alone",
      { headers: { ...unsigned, "webhook-signature": `v1,bm8=,${signature}` } },
    ],
    [
      "a signature behind a megabyte of what is none",
      { headers: { ...unsigned, "webhook-signature": `${",".repeat(500_000)}${" ".repeat(500_000)}${signature}` } },
    ],
    ["a Date as now", { now: new Date(AT * 1_000) }],
    ["an age of exactly the tolerance", { now: (AT + 300) * 1_000 }],
    ["a greater tolerance", { now: (AT + 900) * 1_000, tolerance: 900 }],
  ];
  test.each(accepted)("%s", (_name, change) => {
    expect(verifyWebhook({ ...known, ...change })).toEqual({ test: 2432232314 });
  });

  test("what the webhook channel sends", () => {
    const [request] = requests(
      { type: "webhook", options: { url: "https://a.example", secret: SECRET } },
      aNotification(),
    );
    const payload = verifyWebhook({ secret: SECRET, headers: request!.headers, body: request!.body, now: NOW });
    expect(payload.alerts[0]!.rule).toBe("deploy-failed");
  });

  test("what the reference implementation signs, now", () => {
    const at = new Date();
    const body = '{"text":"训练 😀"}';
    const headers = {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(SECRET).sign("msg_1", at, body),
    };
    expect(verifyWebhook({ secret: SECRET, headers, body })).toEqual({ text: "训练 😀" });
  });
});

describe("refused", () => {
  const refused: [string, Partial<WebhookRequest>, RegExp][] = [
    ["no id", { headers: { ...known.headers, "webhook-id": undefined } }, /webhook-id is missing/],
    ["no time", { headers: { ...known.headers, "webhook-timestamp": "" } }, /webhook-timestamp is missing/],
    ["no signature", { headers: unsigned }, /webhook-signature is missing/],
    ["a time that is none", { headers: { ...known.headers, "webhook-timestamp": "today" } }, /not a time/],
    ["too old a time", { now: (AT + 301) * 1_000 }, /too old/],
    ["a time ahead", { now: (AT - 301) * 1_000 }, /future/],
    ["a tolerance that is no number", { now: (AT + 900) * 1_000, tolerance: Number.NaN }, /`tolerance`/],
    ["a now that is no time", { now: new Date(Number.NaN) }, /`now`/],
    ["another body", { body: '{"test":2432232314}' }, /no signature matches/],
    ["another id", { headers: { ...known.headers, "webhook-id": "msg_2" } }, /no signature matches/],
    ["another secret", { secret: "whsec_bm90IHRoZSBzZWNyZXQgYXQgYWxs" }, /no signature matches/],
    [
      "a signature of another version",
      { headers: { ...unsigned, "webhook-signature": signature.replace("v1,", "v2,") } },
      /no signature matches/,
    ],
    [
      "a signature without its version",
      { headers: { ...unsigned, "webhook-signature": signature.slice(3) } },
      /no signature matches/,
    ],
    [
      "a megabyte of commas and nothing else, which is looked at once",
      { headers: { ...unsigned, "webhook-signature": ",".repeat(1_000_000) } },
      /no signature matches/,
    ],
    ["a version without a signature", { headers: { ...unsigned, "webhook-signature": "v1" } }, /no signature matches/],
    ["a secret that is none", { secret: "hush hush" }, /whsec_/],
    ["an empty secret", { secret: "whsec_" }, /whsec_/],
  ];
  test.each(refused)("%s", (_name, change, reason) => {
    expect(() => verifyWebhook({ ...known, ...change })).toThrow(WebhookVerificationError);
    expect(() => verifyWebhook({ ...known, ...change })).toThrow(reason);
    expect(() => verifyWebhook({ ...known, ...change })).not.toThrow(/hush|MfKQ9r8/);
  });

  test("a signed body that is no JSON", () => {
    const headers = {
      ...unsigned,
      "webhook-signature": new Webhook(SECRET).sign(unsigned["webhook-id"], new Date(known.now), "no"),
    };
    expect(() => verifyWebhook({ ...known, headers, body: "no" })).toThrow(/no JSON/);
  });
});
