// The Teams channel: any 2xx is accepted, unless the text inside tells of an error.
import { describe, expect, test } from "vitest";
import { answer, channelContract, channelOf, requests } from "./contract.ts";
import { aNotification, NOW } from "./samples.ts";

const url =
  "https://prod-01.westeurope.logic.azure.com/workflows/0f1e2d3c4b5a/triggers/manual/paths/invoke?api-version=2016-06-01&sig=Qw3rTy_uI0p-AsDf";
channelContract({
  type: "teams",
  options: { url },
  secrets: ["0f1e2d3c4b5a", "Qw3rTy_uI0p-AsDf"],
  success: answer(202),
  delivered: (status) => status >= 200 && status <= 299,
  measure: (request) => Buffer.byteLength(request.body),
  limit: 21_000,
  chat: true,
  mentions: { "ada@example.com": "<at>ada@example.com</at>" },
});

describe("teams", () => {
  test("sends one adaptive card whose runbook can be opened", () => {
    const [request] = requests({ type: "teams", options: { url } }, aNotification());
    const [attachment] = JSON.parse(request!.body).attachments;
    expect(attachment).toMatchObject({
      contentType: "application/vnd.microsoft.card.adaptive",
      content: { type: "AdaptiveCard" },
    });
    expect(JSON.stringify(attachment)).toContain('"type":"Action.OpenUrl"');
  });

  test("an error within 200 counts as that error", () => {
    const body =
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x";
    expect(channelOf("teams").classify(answer(200, body), { now: NOW, attempt: 1 }).kind).toBe("retry");
  });
});
