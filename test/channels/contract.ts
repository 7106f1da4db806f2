// What every channel must do, whatever its destination; a channel's own test file gives its options and its terms.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sendMessage } from "../../lib/channels/chat/telegram.ts";
import { readably } from "../../lib/channels/message/readable.ts";
import type {
  ChannelType,
  HttpChannel,
  HttpRequest,
  HttpResponse,
  Outcome,
  RenderContext,
} from "../../lib/channels/port.ts";
import { channelTypes } from "../../lib/channels/registry.ts";
import { incomingWebhook } from "../../lib/channels/slack/webhook.ts";
import type { Notification, NotifiedAlert } from "../../lib/model/notification.ts";
import { oneLine } from "../../lib/model/printable.ts";
import { anyContext, anyNotification } from "./any-notification.ts";
import { dialects, legible, type Shown } from "./dialects.ts";
import { MARKUP, markupText } from "./markup-texts.ts";
import { aNotification, anAlert, anEvent, crowd, NOW } from "./samples.ts";

export interface Spec {
  type: string;
  /** Resolved, with secrets. */
  options: Record<string, unknown>;
  /** Substrings of the options that must show nowhere. */
  secrets: string[];
  success: HttpResponse;
  /** Statuses that mean success whatever the body says. */
  delivered: (status: number) => boolean;
  /** What the receiver counts of a request, and how much of it it accepts. */
  measure: (request: HttpRequest) => number;
  limit: number;
  /** Whether people read this body as a chat message, with its news first. */
  chat: boolean;
  /** So many alerts it holds by name, at least; absent: thirty. */
  names?: number;
  /** Ids that can be mentioned, each as its dialect shows that it is. */
  mentions?: Readonly<Record<string, string>>;
}

export const answer = (status: number, body = "", headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers,
  body,
});

/** Channels that take several requests at times: the one that they usually take. */
const OF_ONE_REQUEST: Readonly<Record<string, Pick<HttpChannel, "render" | "classify">>> = {
  slack: incomingWebhook as Pick<HttpChannel, "render" | "classify">,
  telegram: sendMessage as Pick<HttpChannel, "render" | "classify">,
};

export function channelOf(type: string): HttpChannel {
  const channel = channelTypes.get(type);
  if (channel !== undefined && "render" in channel) return channel;
  const one = OF_ONE_REQUEST[type];
  if (channel === undefined || one === undefined) throw new Error(`no channel ${type} over HTTP`);
  return { ...channel, ...one };
}

const context = { now: NOW, timezone: "Europe/Berlin", attempt: 1 };

/** The requests of a notification as deliveries make them: one for each part. */
export function requests(
  spec: Pick<Spec, "type" | "options">,
  notification: Notification,
  more: Partial<RenderContext> = {},
): HttpRequest[] {
  const channel = channelOf(spec.type);
  const parts = channel.split?.(notification) ?? [notification.alerts];
  return parts.flatMap((alerts) => {
    return channel.render({ ...notification, alerts }, spec.options, { ...context, ...more }) ?? [];
  });
}

/** All strings of a JSON body, decoded. */
export function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

/** What a word of an API once made of an alert. */
export const BROKEN: [name: string, fields: Record<string, unknown>][] = [
  ["no severity", { severity: undefined }],
  ["a severity that objects know", { severity: "constructor" }],
  ["no summary", { summary: undefined }],
  ["no events", { events: undefined }],
  ["an event without a level", { events: [{ ...anEvent(), level: undefined }] }],
  ["an event that is none", { events: [null] }],
  ["no key and no labels", { key: null, labels: undefined }],
  ["no time", { startsAt: "soon", updatedAt: null }],
  ["an end that is none", { status: "resolved", endsAt: "never" }],
];
/** `most`: alerts in the largest crowd; one of thousands for each channel is enough. */
export const TEXTS: [name: string, unit: string, most: number][] = [
  ["ASCII", "failed to pull image ", 5_000],
  ["markup that grows when escaped", '&<>"\\[*', 500],
  ["CJK", "训练作业失败", 500],
  ["emoji", "😀👩‍🚒", 500],
  ["broken surrogates and controls", "\ud83d\u0007\ude00\u202e", 500],
];

/** An incident service gets each alert by itself: those beyond the hundred that are long show nothing new. */
export function crowdsFor({ incident }: Pick<ChannelType, "incident">, most: number): number[] {
  return incident ? [1, 110] : [1, 50, most];
}

/** The outcome that the status asks for, with a reason that is short and shows no secret. */
function expectJudged(spec: Spec, status: number, outcome: Outcome): void {
  const retried = [408, 425, 429].includes(status) || status >= 500;
  const refused = retried ? "retry" : "permanent";
  expect([status, outcome.kind]).toEqual([status, spec.delivered(status) ? "delivered" : refused]);
  if (outcome.kind === "delivered") return;
  for (const secret of spec.secrets) expect(outcome.reason).not.toContain(secret);
  expect(outcome.reason.length).toBeLessThan(320);
}

type Render = (notification: Notification, more?: Partial<RenderContext>) => HttpRequest[];

export function channelContract(spec: Spec): void {
  const channel = channelOf(spec.type);
  const render: Render = (notification, more) => requests(spec, notification, more);
  const classify = (response: HttpResponse, attempt = 1): Outcome => channel.classify(response, { now: NOW, attempt });

  describe(`${spec.type}: every channel`, () => {
    test("is registered under its own type and validates its options strictly", () => {
      expect(channel.type).toBe(spec.type);
      expect(channel.options.safeParse(spec.options).success).toBe(true);
      expect(channel.options.safeParse({ ...spec.options, colour: "red" }).success).toBe(false);
    });

    test("every status is judged by the same rules, and no reason shows a secret the receiver repeats", () => {
      const url = String(spec.options["url"] ?? "https://hooks.example.com/services/none");
      const echo = `no: ${url} ${new URL(url).pathname} ${spec.secrets.join(" ")} ${url.replaceAll("/", "\\/")}`;
      const inFields = JSON.stringify({ error: echo, code: 7, errcode: 7, msg: echo, errmsg: echo });
      for (let status = 100; status <= 599; status++) {
        for (const body of [echo, inFields]) expectJudged(spec, status, classify(answer(status, body)));
      }
    });

    test("the receiver's own success is a delivery", () => {
      expect(classify(spec.success)).toEqual({ kind: "delivered" });
    });

    // Of a webhook nobody knows what its receiver answers.
    test.skipIf(spec.type === "webhook")("a web page is somebody else's answer: no delivery, and tried again", () => {
      for (const status of [200, 202]) {
        const page = answer(status, " \n<!DOCTYPE html><html><h1>Sign in</h1></html>", { "content-type": "text/html" });
        expect(classify(page)).toEqual({ kind: "retry", reason: expect.stringContaining("somebody else answered") });
      }
    });

    test.each([
      ["seconds", "700", 700_000],
      ["a fraction of seconds", "99.5", 99_500],
      ["an HTTP date", "Fri, 20 Nov 2026 10:07:00 GMT", 120_000],
    ])("Retry-After as %s is obeyed", (_name, text, after) => {
      expect(classify(answer(503, "", { "retry-after": text }))).toMatchObject({ kind: "retry", after });
      expect(classify(answer(429, "", { "Retry-After": text }))).toMatchObject({ kind: "retry", after });
    });

    test.each(["", "soon", "-5", "Fri, 20 Nov 2020 10:07:00 GMT", "NaN"])("Retry-After %j names no wait", (text) => {
      const outcome = classify(answer(503, "", { "retry-after": text }));
      expect(outcome.kind).toBe("retry");
      expect(outcome).not.toHaveProperty("after");
    });

    test("rendering twice gives the same", () => {
      expect(render(aNotification())).toEqual(render(aNotification()));
    });

    test.each(TEXTS)("any number of alerts of %s stays within the limit", (_name, unit, most) => {
      const text = unit.repeat(Math.ceil(5_000 / (JSON.stringify(unit).length - 2)));
      for (const count of crowdsFor(channel, most)) {
        const all = render(aNotification({ alerts: crowd(count, text), reason: "update", group: { text } }));
        expect(all.length).toBeGreaterThan(0);
        for (const request of all) {
          expect(spec.measure(request)).toBeLessThanOrEqual(spec.limit);
          expect(request.body.isWellFormed()).toBe(true);
          const body = JSON.parse(request.body);
          for (const shown of spec.chat ? strings(body) : []) expect(shown.isWellFormed()).toBe(true);
        }
      }
    });

    test("any notification stays within the limit, whatever it says and whomever it mentions", () => {
      fc.assert(
        fc.property(anyNotification, anyContext(channel.mention?.example), (notification, more) => {
          const { words: _taken, ...others } = more;
          for (const request of render(notification, channel.template === "words" ? more : others)) {
            expect(spec.measure(request)).toBeLessThanOrEqual(spec.limit);
          }
        }),
        { numRuns: 60 },
      );
    });

    test.runIf(channel.template === "words").each(TEXTS)(
      "a template's line of %s stays within the limit",
      (_, unit) => {
        const long = oneLine(`- ${unit.repeat(20_000)}`);
        for (const lines of [
          [long],
          ["first", long, "last"],
          Array.from({ length: 5_000 }, () => oneLine(`- ${unit}`)),
        ]) {
          for (const request of render(aNotification(), { words: { title: long, lines } })) {
            expect(spec.measure(request)).toBeLessThanOrEqual(spec.limit);
            for (const shown of strings(JSON.parse(request.body))) expect(shown.isWellFormed()).toBe(true);
          }
        }
      },
    );

    test.each(BROKEN)("an alert with %s fails no message: the others are notified", (_name, fields) => {
      const odd = { ...anAlert({ id: "odd" }), ...fields } as NotifiedAlert;
      const notification = aNotification({ alerts: [odd, anAlert({ summary: "A real outage", id: "real" })] });
      const bodies = readably(notification, (one) => render(one).map(({ body }) => body));
      expect(bodies.join("")).toContain("A real outage");
    });

    test("a test is marked as one", () => {
      const [request] = render(aNotification({ test: true }));
      expect(request!.body).toMatch(/TEST|"test":true/);
      expect(render(aNotification())[0]!.body).not.toMatch(/TEST|"test":true/);
    });

    test("an acknowledgement is passed on as one, about the alert that was opened", () => {
      const taken = anAlert({ reason: "acknowledged", acknowledgedBy: "ada" });
      const all = render(aNotification({ reason: "acknowledged", alerts: [taken] }));
      expect(all).toHaveLength(1);
      const [{ url, body }] = all as [HttpRequest];
      expect(`${url} ${body}`).toMatch(/acknowledge/i);
      expect(`${url} ${body}`).toContain(taken.id);
      expect(spec.measure(all[0]!)).toBeLessThanOrEqual(spec.limit);
    });

    test("what a template gives goes out, and a note that it failed; or the type takes none", () => {
      const words = { title: "Ada's title", lines: ["first line", "second line"] };
      const own = requests(spec, aNotification(), channel.template === "body" ? { body: { ada: words } } : { words });
      const failed = requests(spec, aNotification(), { note: "The template failed" });
      const [said, noted] = [own, failed].map(([request]) => legible(strings(JSON.parse(request!.body)).join("\n")));
      for (const part of [words.title, ...words.lines])
        expect(said!.includes(part)).toBe(channel.template !== undefined);
      expect(noted!.includes("The template failed")).toBe(channel.template === "words");
    });

    if (spec.options["url"]) {
      test("an address is checked: as text when validated, once resolved when rendered, never repeated", () => {
        const parsed = channel.options.safeParse({ ...spec.options, url: "ftp://hush.example" });
        expect(parsed.success).toBe(false);
        expect(JSON.stringify(parsed.error)).not.toContain("hush");
        expect(channel.options.safeParse({ ...spec.options, url: "$" + "{env:URL}" }).success).toBe(true);
        const broken = { type: spec.type, options: { ...spec.options, url: "hush-no-address" } };
        expect(() => requests(broken, aNotification())).toThrow(/http/);
        expect(() => requests(broken, aNotification())).not.toThrow(/hush/);
      });
    }

    if (spec.chat) chatContract(spec, render);
  });
}

const ENDED = { status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" } as const;

function chatContract(spec: Spec, render: Render): void {
  const shown = (notification: Notification, more?: Partial<RenderContext>): Shown => {
    return dialects[spec.type]!(JSON.parse(render(notification, more)[0]!.body));
  };
  const said = (notification: Notification): string => {
    const { text, links } = shown(notification);
    return [legible(text), ...links].join("\n");
  };

  test("says what a person woken by it needs", () => {
    const text = said(aNotification({ suppressed: { silenced: 2, muted: 0, inhibited: 1 } }));
    for (const part of [
      "CRITICAL",
      "Deployment of zcjtest-07085 failed",
      "New",
      "deploy-failed",
      "12 matches",
      "alert a1b2c3d4",
      "team=ml, env=prod",
      "prod · eu-de · service zcjtest-07085 (35de3ca9)",
      "2026-11-20 11:00:00 GMT+1",
      "Failed to pull image, retry later",
      "https://wiki.example.com/run%28book%29",
      "2 silenced, 1 inhibited",
    ]) {
      expect(text).toContain(part);
    }
  });

  test("says when it ended, by what key, and who took it", () => {
    const text = said(
      aNotification({
        reason: "resolved",
        alerts: [anAlert({ ...ENDED, key: { job: 7 }, acknowledgedBy: "ada", description: "drain the node" })],
      }),
    );
    for (const part of ["RESOLVED (critical)", "2026-11-20 11:04:00 GMT+1, lasted 4m", "job=7", "ada"])
      expect(text).toContain(part);
    expect(text).not.toContain("drain the node");
  });

  test("leads with its news, each by name and with its own reason; the known alerts take one line", () => {
    const known = Array.from({ length: 12 }, (_, i) =>
      anAlert({ summary: `known ${i}`, severity: i < 3 ? "critical" : "error", reason: "repeat", newCount: 0 }),
    );
    known[7] = { ...known[7]!, reason: "update", newCount: 5 };
    const fired = anAlert({ summary: "the thirteenth", severity: "warning", reason: "new" });
    const over = anAlert({ summary: "an old one", reason: "resolved", ...ENDED });
    const text = said(aNotification({ alerts: [...known, over, fired] }));
    const places = [
      "🟡 the thirteenth",
      "New · rule",
      "an old one · lasted 4m",
      "Notified before, still firing: 12",
    ].map((part) => text.indexOf(part));
    expect(places).toEqual(places.filter((place) => place >= 0).toSorted((a, b) => a - b));
    expect(text).toContain("12 (3 critical, 9 error), 5 new matches");
    expect(text).not.toContain("known ");
    expect(text.split("New · rule").length).toBe(2);
  });

  const names = spec.names ?? 30;

  test(`${names} news alerts are all named: details give way before names do, and of the last ones first`, () => {
    const alerts = Array.from({ length: names }, (_, i) =>
      anAlert({ summary: `resource-${i} is down.`, reason: "new" }),
    );
    const text = said(aNotification({ alerts }));
    for (const { summary } of alerts) expect(text).toContain(`CRITICAL ${summary}`);
    expect(text).not.toMatch(/\+\d+ more: /);
    expect(text.indexOf("New · rule")).toBeLessThan(text.indexOf("CRITICAL resource-1 "));
  });

  // A message that holds fewer names has no room for what else there is to say.
  test.runIf(spec.names === undefined)("what thirty alerts have in common stands once: advice and links", () => {
    const advice = "Drain the node.";
    const alerts = Array.from({ length: 30 }, (_, i) =>
      anAlert({ summary: `r${i}`, description: advice, reason: "new" }),
    );
    alerts[29] = anAlert({ summary: "r29", description: "Something else.", reason: "new", severity: "critical" });
    const { text, links } = shown(aNotification({ alerts }));
    expect(legible(text).split(advice)).toHaveLength(2);
    expect(links).toHaveLength(1);
    const two = shown(aNotification({ alerts: alerts.slice(28) }));
    expect(legible(two.text)).toContain(advice);
    expect(legible(two.text)).toContain("Something else.");
  });

  test("links lead to the runbook and to the pages that it is given, and nowhere else", () => {
    const pages = [
      { text: "Resource", url: "https://c.example/a(b)|c?d=<e>" },
      { text: "Lookout", url: "https://l.example/alerts/1" },
    ];
    const evil = anAlert({ summary: "see https://evil.example/pay", runbook: null, labels: {}, key: {}, events: [] });
    const { links } = shown(aNotification({ alerts: [evil] }), { links: () => pages });
    expect(links).toEqual(["https://c.example/a%28b%29%7Cc?d=%3Ce%3E", "https://l.example/alerts/1"]);
    const own = shown(aNotification(), { links: () => pages, words: { lines: ["https://evil.example/pay"] } });
    expect(own.links).toEqual(["https://wiki.example.com/run%28book%29?a=1&b=2", ...links]);
  });

  test("the most urgent of the news come first, and what does not fit is counted by severity", () => {
    const text = said(aNotification({ alerts: crowd(4_000, "x".repeat(900)) }));
    const words = ["CRITICAL", "ERROR", "WARNING", "INFO", "RESOLVED ("];
    const places = words.map((word) => text.indexOf(word)).filter((place) => place >= 0);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const shown = text.split(/CRITICAL|ERROR|WARNING|INFO|RESOLVED \(/).length - 1;
    expect(shown).toBeGreaterThan(names / 1.5);
    const counted = /\+(\d+) more: (.+)/.exec(text.slice(text.indexOf("CRITICAL")))!;
    expect(Number(counted[1])).toBe(4_000 - shown);
    const bySeverity = counted[2]!.split(", ").map((part) => Number.parseInt(part, 10));
    expect(bySeverity.reduce((sum, number) => sum + number)).toBe(4_000 - shown);
  });

  test("mentions exactly whom it is to mention, wherever else an event names somebody", () => {
    const { mentions = {} } = spec;
    const notification = saying("<@U0123456> <!channel> @all <at id=all></at> @13800000000");
    expect(shown(notification, { mentions: Object.keys(mentions) }).mentions).toEqual(Object.values(mentions));
    expect(shown(notification, { mentions: [] }).mentions).toEqual([]);
  });

  test("mentions nobody but by an id of its form, of which its example is one", () => {
    const { mention } = channelOf(spec.type);
    const ids = [...Object.keys(spec.mentions ?? {}), ...(mention ? [mention.example] : [])];
    expect(ids.filter((id) => mention?.form.test(id) !== true)).toEqual([]);
    for (const id of ["", "a b", "<!here>", "a>b", "\n", '"', "$" + "{env:ID}", "*", "]("]) {
      expect(mention?.form.test(id) ?? false).toBe(false);
    }
  });

  test("twenty mentions take no more room than there is", () => {
    const { mention } = channelOf(spec.type);
    const mentions = Array.from({ length: 20 }, () => mention?.example ?? "");
    for (const text of ["x", "训练作业失败"]) {
      const notification = aNotification({ alerts: crowd(400, text.repeat(400)) });
      const [request] = render(notification, mention ? { mentions } : {});
      expect(spec.measure(request!)).toBeLessThanOrEqual(spec.limit);
    }
  });

  const titled = ["strong"];
  const usual = shown(saying("x")).styles.length;

  function expectPlain(text: string): void {
    const notification = saying(text);
    const { links, mentions, images, styles, ...seen } = shown(notification);
    expect({ links, mentions, images }).toEqual({ links: [], mentions: [], images: [] });
    expect(styles.filter(([kind]) => !titled.includes(kind))).toEqual([]);
    // Bold are the names of alerts, wholly, and our own names of facts, and nothing else.
    const ours = /^(🔴|✅|1 new, 1 resolved: 🔴|(Key|Since|Last event|Fired|Ended|Labels)$)/u;
    for (const [, bold] of styles) expect(legible(bold)).toMatch(ours);
    expect(styles).toHaveLength(usual);
    expect(legible(seen.text)).toContain(legible(oneLine(text)));
  }

  test.each(MARKUP)("what an event says is plain text: %s", (_name, text) => {
    expectPlain(text);
  });

  test("what an event says is plain text, whatever it is", () => {
    fc.assert(fc.property(markupText, expectPlain), { numRuns: 100 });
  });

  test("what only held back has ended is still a message", () => {
    const digest = aNotification({ alerts: [], reason: "digest", suppressed: { silenced: 4, muted: 0, inhibited: 0 } });
    expect(said(digest)).toContain("4 silenced");
  });
}

/** Two alerts that say the same in every field that an event or a person fills. */
function saying(text: string): Notification {
  const alert = anAlert({
    summary: text,
    description: text,
    rule: text,
    key: { [text]: text },
    connection: text,
    region: text,
    labels: { [text]: text },
    resource: { type: text, id: text, name: `${text}!` },
    acknowledgedBy: text,
    runbook: `see ${text}`,
    events: [anEvent({ message: `${text}!` })],
  });
  const other = { ...alert, reason: "resolved", ...ENDED } as const;
  return aNotification({ alerts: [{ ...alert, reason: "new" }, other], group: { [text]: text } });
}
