// What programs import: matching, and the verification of webhooks; package.soak.ts has the package that they install.
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { createMatcher, InvalidPatternError, verifyWebhook, WebhookVerificationError } from "../../lib/index.ts";
import { SECRET } from "../support/webhook.ts";

describe("createMatcher", () => {
  it("gives the ids of all matching rules in the given order", () => {
    const matcher = createMatcher([
      { id: "b", when: { level: ["error"] } },
      { id: "a", when: { text: [{ wildcard: "*pull image*" }] } },
      { id: "c", when: { level: ["normal"] } },
    ]);
    expect(matcher.match({ level: "error", text: "failed to pull image" })).toEqual(["b", "a"]);
  });

  it("names rule, path and reason of an invalid pattern", () => {
    const make = () => createMatcher([{ id: "bad", when: { level: [{ prefix: 1 }] } }]);
    expect(make).toThrow(InvalidPatternError);
    expect(make).toThrow(
      expect.objectContaining({ ruleId: "bad", path: expect.anything(), reason: expect.any(String) }),
    );
  });
});

describe("verifyWebhook", () => {
  const body = '{"version":"1"}';
  const at = new Date();
  const headers = {
    "Webhook-Id": "d1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(SECRET).sign("d1", at, body),
  };
  it("gives the payload of a signed request", () => {
    expect(verifyWebhook({ secret: SECRET, headers, body })).toEqual({ version: "1" });
  });

  it("throws for another body, and for one that is too old", () => {
    expect(() => verifyWebhook({ secret: SECRET, headers, body: `${body} ` })).toThrow(WebhookVerificationError);
    const later = new Date(at.getTime() + 301_000);
    expect(() => verifyWebhook({ secret: SECRET, headers, body, now: later })).toThrow(WebhookVerificationError);
  });
});
