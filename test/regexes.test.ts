// Every regular expression that may meet text from outside, and what bounds the work that it does: V8's own backtrack.
// What a person writes as a pattern runs elsewhere, in linear time (re2js, rules/pattern*.ts).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hasAlternatives, literalsIn, nestsRepetition } from "./support/regex-literals.ts";

const LIB = join(import.meta.dirname, "../lib");
/** These rooms read what the operator wrote, or play the cloud. */
const OWN_TEXT: ReadonlySet<string> = new Set(["cli", "config", "simulator"]);
/** But for these, which look for secrets in any text. */
const DECODERS: ReadonlySet<string> = new Set(["config/secrets/decodings.ts", "config/secrets/fold.ts"]);
/** A repetition in a repetition that cannot backtrack; why, its row says. */
const DETERMINISTIC: ReadonlySet<string> = new Set(["patterns/json-place.ts"]);
const TICK = "`";

const LISTED: [file: string, bound: string, expressions: string[]][] = [
  ["alerts/time-intervals/days.ts", "the configuration's time intervals", [String.raw`^[+-]?\d{1,9}$`]],
  [
    "alerts/time-intervals/parse.ts",
    "the configuration's time intervals",
    ["^[+-]", String.raw`^([01]\d|2[0-3]|24(?=:00)):([0-5]\d)$`],
  ],
  ["app/connections/endpoints.ts", "the protocol of the configuration's address; anchored", ["^https?:$"]],
  ["app/delivery/links.ts", "the configuration's address, at its end", [String.raw`\/+$`]],
  [
    "app/persistence/by-time.ts",
    "a place in a list, from an address of at most 16 KB; anchored",
    [String.raw`^\d{15}\/`],
  ],
  ["app/queries/check-live.ts", "an API's error, at most 300 characters of its words", [String.raw`\bproject\b`]],
  [
    "aws/configuration/place.ts",
    "LOOKOUT_CONFIG, which the stack sets; anchored, with bounds",
    [
      String.raw`^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(\S{1,1024})$`,
      String.raw`^ssm:(\/?[A-Za-z0-9_.-][A-Za-z0-9_./-]{0,1010})$`,
      String.raw`^appconfig:([a-z0-9]{4,7})\/([a-z0-9]{4,7})\/([a-z0-9-]{4,36})$`,
      "^(s3|ssm|appconfig):",
    ],
  ],
  ["channels/message/link.ts", "a link that is shown; one character at a time", [String.raw`[()[\]|*${TICK}'"<>]`]],
  [
    "channels/http/answer.ts",
    "a receiver's Retry-After, a header of at most 16 KB; anchored",
    [String.raw`^\d+(\.\d*)?$`, "^[A-Za-z]{3,9},? "],
  ],
  [
    "channels/chat/dingtalk.ts",
    "a receiver's answer, at most 64 KB; a fixed word; the configuration's ids, anchored",
    ["time ?stamp", "sign", String.raw`^(?:\+?\d[\d-]{5,18}|all)$`],
  ],
  [
    "channels/chat/feishu.ts",
    "a receiver's answer, at most 64 KB; a fixed word; the configuration's ids, anchored",
    ["too many", String.raw`^(?:ou_\w{4,64}|all)$`],
  ],
  ["channels/chat/slack.ts", "the configuration's ids, anchored", ["^(?:[SUW][A-Z0-9]{5,20}|here|channel)$"]],
  ["channels/slack/bot.ts", "the configuration's address, at its end", [String.raw`\/+$`]],
  ["channels/chat/wecom.ts", "the configuration's ids, anchored", [String.raw`^[\w.@-]{1,64}$`]],
  ["channels/incidents/alertmanager.ts", "the configuration's address", [String.raw`\/+$`]],
  [
    "channels/aws/client.ts",
    "the configuration's region; a name or the text of an error of the SDK's, at its start",
    [
      "^[a-z0-9-]{2,40}$",
      "^(ServiceUnavailable|Internal|RequestTimeout|RequestTimeTooSkewed|RequestExpired|ExpiredToken)",
      "^(Throttl|RequestThrottled|TooManyRequests|RequestLimitExceeded|LimitExceeded|SlowDown|KMSThrottling)",
      "^(AccessDenied|AuthorizationError|NotAuthorized|UnauthorizedOperation)",
      "^(InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId|MissingAuthenticationToken)",
      "^Region is missing",
    ],
  ],
  ["channels/aws/eventbridge.ts", "a refused entry's code, at its start", ["^(Internal|ServiceUnavailable)"]],
  ["channels/incidents/opsgenie.ts", "the configuration's address", [String.raw`\/+$`]],
  ["channels/mail/html.ts", "a text that is shown; one character at a time", [`[&<>"']`, "[.:@/]"]],
  [
    "channels/mail/mail.ts",
    "the configuration's addresses, anchored and bounded; a delivery's id; what a server called our last mail",
    [
      String.raw`^([^\s@<>()[\]\\,;:"]{1,64})@([^\s@<>()[\]\\,;:"]{1,255})$`,
      String.raw`^[\w.\u0080-\u{10ffff}-]{1,255}$`,
      String.raw`^[\x20-\x7e]*$`,
      String.raw`^([^<>"\\,;:@\p{Cc}]{0,100})<([^<>]{1,320})>$`,
      String.raw`[^\w.-]`,
      String.raw`^<[\w.+=@-]{3,200}>$`,
    ],
  ],
  [
    "channels/mail/smtp-session.ts",
    "the configuration's mail server; anchored",
    [String.raw`^(localhost|127(\.\d{1,3}){3}|::1)$`],
  ],
  [
    "channels/message/plain-text.ts",
    "a text that is shown; one character at a time",
    ["[.:@/]", String.raw`[.:@/](?=[^\s\d])`],
  ],
  [
    "channels/message/prometheus.ts",
    "the name of a label; one character at a time, or at its start",
    ["[^A-Za-z0-9_]", String.raw`^(?=\d|$)`, "^__+"],
  ],
  [
    "channels/smn.ts",
    "the configuration's topic and region, anchored; a text that is shown, one character at a time",
    [
      "^urn:smn:([a-z0-9-]{2,40}):([0-9a-f]{32}):[A-Za-z0-9_-]{1,256}$",
      "^[a-z0-9-]{2,40}$",
      "[[\\]【】]",
      String.raw`\/+$`,
    ],
  ],
  [
    "channels/mail/smtp.ts",
    "the configuration's mail server, anchored; the mail client's error, for fixed words",
    [
      String.raw`^[A-Za-z0-9.[\]:-]{1,255}$`,
      "wrong version|packet length",
      "SSL|certificate|self-signed",
      String.raw`\bE[A-Z]{4,}\b`,
      "^smtps?:$",
      String.raw`^\[|\]$`,
    ],
  ],
  [
    "channels/aws/sns.ts",
    "the configuration's topic and phone, anchored; a title of at most 150 characters",
    [
      String.raw`^\+[1-9]\d{5,14}$`,
      String.raw`^arn:[a-z-]{3,20}:sns:([a-z0-9-]{2,40}):\d{12}:[\w-]{1,256}(\.fifo)?$`,
      String.raw`[^\x20-\x7e]+`,
      " {2,}",
      "[A-Za-z].*[a-z]",
    ],
  ],
  [
    "channels/aws/sqs.ts",
    "the configuration's queue; at its start",
    [String.raw`^https:\/\/sqs\.([a-z0-9-]{2,40})\.amazonaws\.`],
  ],
  [
    "channels/message/markdown.ts",
    "an event's text, at most 16 KB; one character at a time, or at its start",
    [String.raw`[<>[\]*${TICK}_#~|\\&.:@/]`, String.raw`^([-+=]|\d+\))`],
  ],
  [
    "channels/http/redact.ts",
    "a receiver's answer, cut at 4,000 characters, or one run or part of it",
    [
      String.raw`\b[a-z][a-z0-9+.-]{0,20}:\\?\/\\?\/[^\s"'<>]+`,
      String.raw`\\?\/[\w.~%+=-]+\\?\/[\w.~%+=-]+[^\s"'<>]*`,
      String.raw`\b([\w-]{0,40}(?:key|token|secret|signature|sign|sig|password|passwd|authorization)["']?\s*[=:]\s*["']?)(?:(?:bearer|basic)\s+)?[^\s"',;&}]+`,
      String.raw`\b(bearer|basic)\s+[^\s"',;}]+`,
      "[A-Za-z0-9_+/=%.~-]{8,}",
      String.raw`^(?:[a-z]{2,20}(?:[._-][a-z]{2,20})*|(?:[A-Z][a-z]{2,20})+)\.?$`,
      "<[^<>]*>",
      "[A-Za-z]",
      String.raw`\d.*\d`,
      String.raw`\D`,
    ],
  ],
  [
    "channels/http/own-headers.ts",
    "the configuration's headers; anchored",
    [
      "^(content-type|content-length|host|connection|transfer-encoding|webhook-.*|ce-.*)$",
      String.raw`^[\w!#$%&'*+.^${TICK}|~-]+$`,
      String.raw`^[\t\x20-\x7e\x80-\xff]*$`,
    ],
  ],
  ["channels/http/send.ts", "the system's word for an error", ["CERT|TLS|SSL|SIGNATURE"]],
  [
    "channels/http/standard-webhooks.ts",
    "our own secret; blocks of four characters",
    ["^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$"],
  ],
  [
    "channels/chat/teams.ts",
    "a receiver's answer, at most 64 KB; three digits behind a fixed word; the configuration's ids, anchored",
    [String.raw`HTTP error (\d{3})`, String.raw`^[\w.+-]{1,64}(?:@[\w.-]{1,200})?$`],
  ],
  [
    "channels/chat/discord.ts",
    "the configuration's mentions, anchored; one character of a text",
    [String.raw`^<@&?\d{15,20}>$`, String.raw`[\udc00-\udfff\u2060]`],
  ],
  ["channels/chat/google-chat.ts", "the configuration's mentions, anchored", [String.raw`^users\/(all|\d{5,30})$`]],
  ["channels/chat/mattermost.ts", "the configuration's mentions; anchored", ["^@[a-z0-9][a-z0-9._-]{0,63}$"]],
  [
    "channels/chat/welink.ts",
    "the configuration's mentions, and the code of a receiver's answer; anchored",
    [String.raw`^[\w.@-]{1,64}$`, String.raw`^\d{1,9}$`],
  ],
  ["channels/ntfy.ts", "the configuration's topic; anchored", ["^[-_A-Za-z0-9]{1,64}$"]],
  [
    "channels/chat/rocketchat.ts",
    "the configuration's mentions, anchored; a receiver's answer, at most 64 KB: fixed words, and six digits behind one",
    [
      "^@[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
      String.raw`wait (\d{1,6}) seconds`,
      "integration id or token",
      String.raw`invalid-?\s?(channel|room)`,
    ],
  ],
  [
    "channels/chat/telegram.ts",
    "the configuration's token, chat and mentions; anchored",
    [
      String.raw`^\d{1,20}:[\w-]{20,100}$`,
      String.raw`^(-?\d{1,20}|@[A-Za-z]\w{3,31})$`,
      String.raw`^(@[A-Za-z]\w{3,31}|\d{5,20})$`,
    ],
  ],
  [
    "channels/message/apart.ts",
    "an event's text, at most 16 KB; one character and its neighbours at a time",
    [String.raw`[@#$/.](?!\s)|:(?!\s|(?<=\d:)\d)`, "[<>&]"],
  ],
  [
    "channels/verify-webhook.ts",
    "a request that nobody has vouched for: one character at a time, and at most 12 digits",
    [String.raw`[\s,]`, String.raw`^\d{1,12}$`],
  ],
  ["channels/webhook.ts", "our own ids; one class, anchored", [String.raw`^[\w-]+$`]],
  [
    "console/access.ts",
    "a request's headers, at most 16 KB; anchored, or a fixed word",
    [String.raw`^Bearer +(\S+)$`, String.raw`^[\w.:[\]-]{1,300}$`, String.raw`:\d{1,5}$`, String.raw`\btext\/html\b`],
  ],
  [
    "console/instants.ts",
    "a filter, at most 200 characters; anchored",
    [
      String.raw`^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)$`,
      String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$`,
    ],
  ],
  ["console/lists.ts", "a place in a list, of a known form; anchored", [String.raw`^(.+) (\d{1,7})$`]],
  ["console/pages/layout.ts", "a severity or a state, one word of ours", [String.raw`^\w+$`]],
  [
    "console/pages/routes.ts",
    "a form's field, at most 64 KB; anchored",
    [String.raw`^\/[\w/-]{0,200}(?:\?[\w%&=.:+*~-]{0,1000})?$`],
  ],
  [
    "console/queries.ts",
    "a place in a list, from an address of at most 16 KB; anchored",
    [String.raw`^\d{15}\/.{0,600}$`],
  ],
  [
    "model/files/listen-address.ts",
    "the console's address, of the file or the command line; anchored",
    [
      String.raw`^(127\.0\.0\.1|localhost|\[::1\]):`,
      String.raw`^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$`,
      String.raw`^\[|\]$`,
    ],
  ],
  [
    "config/secrets/decodings.ts",
    "any text that may hold a secret; escapes of a fixed length, runs of them that end in one way only, at most 20 spaces, and tags, which hold none",
    [
      String.raw`\\(?:u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|["'\\/bfnrt])`,
      "(?:%[0-9a-f]{2})+",
      String.raw`&(?:#\d{1,7};?|#x[0-9a-f]{1,6};?|(?:amp|lt|gt|quot|apos);)`,
      String.raw`[\p{Cf}\p{DI}]`,
      String.raw`(?:=[0-9a-f]{2})+|=[ \t]{0,20}\r?\n`,
      "<[^<>]*>",
      String.raw`[\\%&\p{Cf}\p{DI}]`,
      String.raw`^[\\%&=]`,
      "^[%=]",
      String.raw`[%=\s]`,
      String.raw`^..\{?`,
      "^x",
    ],
  ],
  [
    "config/secrets/fold.ts",
    "any text that may hold a secret; one character at a time",
    [
      String.raw`[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u2460-\u24ff\u{1d400}-\u{1d7ff}]`,
      String.raw`[\s\p{Cc}\p{Cf}\p{DI}]`,
      String.raw`\s`,
      "^[!-~]*$",
    ],
  ],
  [
    "model/digits.ts",
    "a number as JSON or a rule has it; an event's has at most 25 characters",
    [String.raw`^[+]?(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$`, "^0+", "0+$"],
  ],
  [
    "model/duration.ts",
    "durations as people write them; anchored, each run of digits is followed by its unit",
    [String.raw`^(?=\d)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$`],
  ],
  ["model/files/console-token.ts", "the console's token; anchored", ["^[!-~]+$"]],
  ["model/files/config-file.ts", "the scheme of the console's address; anchored", ["^https?:$"]],
  [
    "model/files/file-fields.ts",
    "the configuration's names, at most 63 characters",
    ["^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", "^https?:$", String.raw`^postgres(ql)?:\/\/.`],
  ],
  [
    "model/printable.ts",
    "any text that is shown; one class, which what follows cannot make fail, and ids of one length",
    [String.raw`[\s\p{Cc}\ufeff]+`, String.raw`\b([0-9a-f]{8})[0-9a-f]{24}\b`],
  ],
  [
    "rules/extract.ts",
    "what a rule extracts, at most 16 KB, anchored; and RE2's own errors",
    [
      String.raw`^-?(?:0|[1-9]\d*)(?:\.\d+)?$`,
      "^error parsing regexp: ",
      String.raw`"\(\?<?[=!]`,
      String.raw`escape sequence: "\\[1-9k]`,
      "[-.]",
      "^0+",
    ],
  ],
  [
    "rules/feeds.ts",
    "a rule's paths; anchored",
    [String.raw`^(source|sourceId|connection|region|resource\.(type|id|name)|labels\..*)$`],
  ],
  ["rules/tidy.ts", "an event's text, at most 16 KB; two characters", ["(?<=[.,;]) "]],
  [
    "patterns/json-place.ts",
    "the text of a pattern that a person wrote; sticky, and each repetition begins with a character that the one before cannot hold",
    [
      String.raw`[ \t\n\r]*(?:([{}[\],:])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))`,
      String.raw`[ \t\n\r]*`,
    ],
  ],
  ["patterns/index/texts.ts", "the texts of the rules' patterns", [String.raw`[\0-\x7f]*$`, String.raw`^[\0-\x7f]*`]],
  [
    "patterns/ip.ts",
    "a text of an event, at most 16 KB; anchored, its parts divided by characters that they cannot hold",
    [String.raw`^\d+\.\d+\.\d+\.\d+$`, "^[0-9a-fA-F:]*:[0-9a-fA-F:]*$", String.raw`^\d+$`],
  ],
  [
    "patterns/pattern.ts",
    "the error of JSON.parse, which repeats at most 40 characters of what it read",
    [String.raw`( in JSON)? at position .*$|, (\.{3})?".*is not valid JSON$`],
  ],
  [
    "sources/cloud/answers.ts",
    "an API's error: a code cut at 60 characters, a header, a body cut at 4,000 characters",
    [
      String.raw`^(APIG(W)?\.0301|ModelArts\.(0202|0203|0207|0212))$`,
      String.raw`^(APIG(W)?\.0308|ModelArts\.(2799|4206|6101)|IAM\.0012)$`,
      String.raw`^ModelArts\.2775$`,
      String.raw`^APIG(W)?\.0101$`,
      String.raw`^\d+$`,
      String.raw`<(script|style)[\s\S]*?(<\/\1>|$)`,
      "<[^<>]*>",
      String.raw`[\s\u0000-\u001f\u007f]+`,
    ],
  ],
  [
    "sources/cloud-eye-events/detail.ts",
    "a field of an item, at most 16 KB; anchored, or one character at the end",
    [String.raw`^\s*([[{]|$)`, String.raw`\.$`],
  ],
  ["sources/cloud/endpoints.ts", "the configuration's endpoints", [String.raw`\/+$`]],
  [
    "sources/reading/item.ts",
    "a field of an item; anchored with a fixed length, or a fixed length at the end",
    [String.raw`^\d{1,16}$`, String.raw`^\d{4}-\d\d-\d\d[T ]`, String.raw`^\d{1,15}$`, String.raw`(Z|[+-]\d\d:?\d\d)$`],
  ],
  [
    "sources/reading/marks.ts",
    "our own state; anchored, its parts divided by characters that they cannot hold",
    [String.raw`^(-?[0-9a-z]+)(?:\*(-?[0-9a-z]+)|=([^!]*))?(!)?$`],
  ],
  ["sources/cloud/path.ts", "a name that an API gave; one character at a time", [String.raw`[/\\]`]],
  [
    "sources/reading/scrub.ts",
    "a key of an item; fixed words",
    ["^(envs?|dew_secret)$", "(passw(or)?d|secret|token|credential|api_?key|access_?key|private_?key)"],
  ],
  [
    "model/files/source-file.ts",
    "a header's name in the configuration; one character at a time",
    [`^[!#$%&'*+.^_${TICK}|~0-9A-Za-z-]+$`],
  ],
  ["model/signer.ts", "our own request; one character at a time, or our own date", ["[!'()*]", String.raw`[-:]|\.\d+`]],
  ["sources/service-updates/updates.ts", "a field of an item; anchored, fixed words", ["^(success|fail)", "^fail"]],
  ["store/dynamodb/plan.ts", "our own conditions", [String.raw`#(\w+)`]],
  ["store/postgres/connect.ts", "the protocol of the configuration's address; anchored", ["^postgres(ql)?:$"]],
  [
    "store/postgres/error.ts",
    "a code or a text of the driver's; fixed words",
    [
      "CERT|SELF_SIGNED|^ERR_(SSL|TLS)",
      "^(08|57P|25P03$)",
      "^(40001|40P01)$",
      "^(Connection terminated|Client has encountered|Client was closed|Query read timeout|timeout e)",
      "^E[A-Z]+$",
      "^[0-9A-Z]{5}$",
      "password must be a string",
      "timeout",
    ],
  ],
];

const files = readdirSync(LIB, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && (DECODERS.has(file) || !OWN_TEXT.has(file.split("/")[0]!)))
  .sort();
const found = files.map((file) => {
  const text = readFileSync(join(LIB, file), "utf8");
  return { file, text, literals: literalsIn(text) };
});

test("each has a row that says what it reads and what bounds it; each row has its expression", () => {
  const written = found
    .filter(({ literals }) => literals.length > 0)
    .map(({ file, literals }) => [file, [...new Set(literals.map(({ source }) => source))].sort()]);
  const listed = LISTED.map(([file, , expressions]): [string, string[]] => [file, expressions.toSorted()]);
  expect(new Map(written as [string, string[]][])).toEqual(new Map(listed));
  expect(new Map(listed).size).toBe(LISTED.length);
});

describe.each(found.filter(({ literals }) => literals.length > 0))("$file", ({ file, literals }) => {
  test("repeats nothing that repeats", () => {
    if (DETERMINISTIC.has(file)) return;
    expect(literals.filter(({ source }) => nestsRepetition(source))).toEqual([]);
  });
  test("splits at no alternatives", () => {
    const splits = literals.filter(({ before }) => before.endsWith(".split("));
    expect(splits.filter(({ source }) => hasAlternatives(source))).toEqual([]);
  });
});

test("none is made of a text, but those that are put together from constants", () => {
  const made = found.filter(({ text }) => text.includes("RegExp(")).map(({ file }) => file);
  expect(made).toEqual(["config/secrets/decodings.ts", "model/printable.ts"]);
});

const shapes: [source: string, nests: boolean][] = [
  ["(a+)+", true],
  ["(?:a*b)*", true],
  ["((a|b+)c){2,}", true],
  ["(?:[^()]+|x)*", true],
  ["(a{2,20})*", false],
  ["[+*]+", false],
  ["\\(a+\\)+", false],
  ["(?:a)?b+", false],
  ["(?<name>a+)-(b+)", false],
];

test.each(shapes)("%s: a repetition in a repetition is %s", (source, nests) => {
  expect(nestsRepetition(source)).toBe(nests);
});
