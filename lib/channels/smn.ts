// Huawei Cloud's and Open Telekom Cloud's notification service (SMN): a message to a topic, for mail, SMS and others.
// https://support.huaweicloud.com/intl/en-us/api-smn/PublishMessage.html
import * as z from "zod";
import { authorization, sdkDate } from "../model/signer.ts";
import { Address, postJson, usableAddress } from "./http/address.ts";
import { advised, jsonObject, notAccepted, refused } from "./http/answer.ts";
import { bytes, characters, cut } from "./message/plain.ts";
import { plainText } from "./message/plain-text.ts";
import type { HttpChannel, HttpRequest, RenderContext } from "./port.ts";
import { UnusableOptions } from "./unusable.ts";

const URN = /^urn:smn:([a-z0-9-]{2,40}):([0-9a-f]{32}):[A-Za-z0-9_-]{1,256}$/;
const FORM = 'a topic\'s URN, such as "urn:smn:eu-de:0123456789abcdef0123456789abcdef:ops"';

const Options = z.strictObject({
  topicUrn: z.string().refine((text) => text.includes("${") || URN.test(text), FORM),
  accessKey: z.string().min(1, "an access key"),
  secretKey: z.string().min(1, "the secret key of the access key"),
  securityToken: z.string().min(1).optional(),
  cloud: z.enum(["otc", "huaweicloud"]).optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,40}$/, "a region")
    .optional(),
  projectId: z.string().min(1).optional(),
  endpoint: Address.optional(),
});
type Options = z.infer<typeof Options>;

/** A subject may have 512 bytes, a message 256 KB. Of a long SMS only the first two pieces are sent: one is enough. */
const SUBJECT_BYTES = 512;
const TEXT_BYTES = 60_000;
const SMS_CHARACTERS = 200;
/** What was not delivered until then is dropped: 3,600 by default, this at most. Seconds. */
const TIME_TO_LIVE = String(7 * 86_400);
/** Regions of Open Telekom Cloud; the others are Huawei Cloud's. */
const OTC_REGIONS: ReadonlySet<string> = new Set(["eu-de", "eu-nl"]);

const KEYS = 'check "accessKey" and "secretKey", and this machine\'s clock';
const ADVICE: Readonly<Record<number, string>> = {
  401: KEYS,
  403: "allow the user smn:topic:publish",
  404: 'check "topicUrn", and that "projectId" is the topic\'s',
};

export const smn: HttpChannel<Options> = {
  type: "smn",
  options: Options,
  incident: false,
  template: "words",
  render(notification, options, context) {
    const { title, text } = plainText(notification, context, TEXT_BYTES, bytes);
    const sms = plainText(notification, context, SMS_CHARACTERS, characters).text;
    const [, region = "", projectId = ""] = URN.exec(options.topicUrn) ?? [];
    if (region === "") throw new UnusableOptions(`"topicUrn" is not ${FORM}: check the variable or file it comes from`);
    const project = options.projectId ?? projectId;
    const path = `v2/${encodeURIComponent(project)}/notifications/topics/${encodeURIComponent(options.topicUrn)}/publish`;
    const request = postJson(`${endpointOf(options, region)}/${path}`, {
      subject: cut(title, SUBJECT_BYTES, bytes),
      // Operators refuse an SMS with brackets.
      message_structure: JSON.stringify({ default: text, sms: sms.replace(/[[\]【】]/g, " ") }),
      time_to_live: TIME_TO_LIVE,
    });
    return signed(request, options, project, context);
  },
  classify(response, { now }) {
    const { status, body } = response;
    if (status >= 200 && status <= 299 && typeof jsonObject(body)["message_id"] === "string") {
      return { kind: "delivered" };
    }
    const outcome = advised(notAccepted(response) ?? refused(response, now), ADVICE[status]);
    // The cloud locks a key after five refusals: nothing more is sent with it.
    return status === 401 && outcome.kind === "permanent" ? { ...outcome, gone: true } : outcome;
  },
};

function endpointOf({ endpoint, cloud, region: own }: Options, topics: string): string {
  if (endpoint !== undefined) return usableAddress(endpoint).href.replace(/\/+$/, "");
  const region = own ?? topics;
  const isOtc = cloud === undefined ? OTC_REGIONS.has(region) : cloud === "otc";
  return `https://smn.${region}.${isOtc ? "otc.t-systems.com" : "myhuaweicloud.com"}`;
}

function signed(request: HttpRequest, options: Options, project: string, { now }: RenderContext): HttpRequest {
  const { method, body } = request;
  const url = new URL(request.url);
  const token = options.securityToken === undefined ? {} : { "x-security-token": options.securityToken.trim() };
  const headers = { ...request.headers, ...token, "x-sdk-date": sdkDate(now), "x-project-id": project };
  const signable = { method, url, headers: { ...headers, host: url.host }, body };
  const key = authorization(signable, options.accessKey.trim(), options.secretKey.trim());
  return { ...request, headers: { ...headers, authorization: key } };
}
