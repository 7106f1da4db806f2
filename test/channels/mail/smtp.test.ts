// The SMTP channel: against a scripted mail server, and a real one where Python can run it.
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { oneLine } from "../../../lib/model/printable.ts";
import { certificateFor } from "../../support/certificates.ts";
import { readMail } from "../../support/mime.ts";
import { startPythonSmtp } from "../../support/python-smtp.ts";
import { type Reply, type SmtpEncryption, startSmtpServer } from "../../support/smtp-server.ts";
import { MARKUP } from "../markup-texts.ts";
import { aNotification, anAlert, anEvent, crowd, NOW } from "../samples.ts";
import { sendingChannel, sendingContract, sent } from "../sending-contract.ts";

const PASSWORD = "hush-0a1b2c3d/4e5f";
const optionsFor = (port: number, more: Record<string, unknown> = {}) => ({
  url: `smtp://lookout:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`,
  from: "Lookout <lookout@example.com>",
  to: ["oncall@example.com", "lead@example.com"],
  tls: "auto",
  ...more,
});

/** A reply by the beginning of a command. */
type Fault = Record<string, Reply>;

sendingContract<Fault>({
  type: "smtp",
  start: async () => {
    const server = await startSmtpServer();
    return {
      get fault() {
        return server.script;
      },
      set fault(fault: Fault | "cut" | "silent" | undefined) {
        server.script = typeof fault === "object" ? fault : fault === undefined ? {} : { MAIL: fault };
      },
      messages: () => server.mails.map((mail) => `${readMail(mail).headers["subject"]}\n${readMail(mail).text}`),
      sizes: () => server.mails.map((mail) => Buffer.byteLength(readMail(mail).html)),
      options: optionsFor(server.port),
      asked: () => server.connected(),
      reset: () => {
        server.mails.length = 0;
      },
      close: () => server.close(),
    };
  },
  secrets: ["hush", PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(`\0lookout\0${PASSWORD}`).toString("base64")],
  // What Gmail shows of a mail before it cuts it.
  limit: 102_000,
  refusals: [
    ["a wrong password", { AUTH: `535 5.7.8 no: ${PASSWORD}` }, "permanent", /535 .*user and password in "url"/],
    ["a server too busy to log in", { AUTH: "454 4.7.0 try later" }, "retry", /454/],
    ["a server that wants a password", { MAIL: "530 5.7.0 log in first" }, "permanent", /give user and password/],
    ["a sender refused", { MAIL: "550 5.7.1 not yours" }, "permanent", /check "from" and "to"/],
    ["every recipient refused", { RCPT: "550 5.1.1 no such user" }, "permanent", /550.*check "from" and "to"/],
    ["greylisting", { RCPT: "450 4.2.0 come back" }, "retry", /450/],
    ["a mail too large", { ".": "552 5.3.4 too big" }, "permanent", /552/],
    ["a server that is full", { ".": "452 4.3.1 disk full" }, "retry", /452/],
    ["a server that is busy", { connect: "421 4.3.2 busy" }, "retry", /421/],
    ["what is no mail server", { connect: "SSH-2.0-OpenSSH" }, "retry", /no mail server/],
  ],
});

/** A scripted server, closed when the test ends; what it was sent, read. */
async function mailTo(
  notification = aNotification(),
  more: { script?: Fault; receipt?: string; options?: object } = {},
) {
  const server = await startSmtpServer();
  onTestFinished(() => server.close());
  Object.assign(server.script, more.script);
  const receipt = more.receipt === undefined ? {} : { receipt: more.receipt };
  const outcome = await sent("smtp", optionsFor(server.port, { ...more.options }), notification, receipt);
  return { outcome, server, mails: server.mails.map(readMail) };
}

describe("smtp", () => {
  test.each([
    ["no address", { url: "mail.example.com" }, /smtps:\/\//],
    ["another protocol", { url: "https://mail.example.com" }, /smtps:\/\//],
    ["a sender that is none", { from: "Lookout" }, /name@example.com/],
    ["a recipient with a line feed", { to: ["a@example.com\nBcc: b@example.com"] }, /name@example.com/],
    ["a domain that cannot be one", { to: ["ops@bücher.example/x"] }, /name@example.com/],
    ["a domain of letters that none may have", { to: ["ops@büch／er.example"] }, /name@example.com/],
    ["no recipient", { to: [] }, /to/],
  ])("refused in the configuration: %s", (_name, wrong, message) => {
    const { error } = sendingChannel("smtp").options.safeParse({ ...optionsFor(25), ...wrong });
    expect(JSON.stringify(error?.issues)).toMatch(message);
  });

  test.each([
    ["a server", { url: "hush" }, /"url" is not a mail server/],
    ["a sender", { from: "hush\r\nBcc: x@example.com" }, /"from" holds/],
    ["a recipient", { to: ["a@example.com>, <hush@example.com"] }, /"to" holds/],
  ])("%s that turns out to be none is for good, and is not shown", async (_name, options, reason) => {
    const { outcome, server } = await mailTo(aNotification(), { options });
    expect(outcome).toMatchObject({ kind: "permanent", reason: expect.stringMatching(reason) });
    expect(JSON.stringify(outcome)).not.toContain("hush");
    expect(server.commands).toEqual([]);
  });

  test("goes to every recipient, after logging in", async () => {
    const { server, outcome } = await mailTo();
    expect(outcome).toEqual({ kind: "delivered", receipt: "<dlv_1@example.com>" });
    expect(server.commands.filter((line) => /^(MAIL|RCPT)/.test(line))).toEqual([
      "MAIL FROM:<lookout@example.com>",
      "RCPT TO:<oncall@example.com>",
      "RCPT TO:<lead@example.com>",
    ]);
    expect(server.commands[1]).toBe(`AUTH PLAIN ${Buffer.from(`\0lookout\0${PASSWORD}`).toString("base64")}`);
  });

  test("one recipient refused is a delivery to the others, and the note says so", async () => {
    const { outcome, mails } = await mailTo(aNotification(), { script: { "RCPT TO:<lead": "550 5.1.1 left us" } });
    expect(outcome).toMatchObject({
      kind: "delivered",
      note: "not accepted for 1 of its recipients: 550 5.1.1 left us",
    });
    expect(mails).toHaveLength(1);
  });

  test("a domain of any script is sent as ASCII, which every server takes, in the envelope and in every header", async () => {
    const options = { from: "Lookout <lookout@exämple.de>", to: ["Jürgen <ops@Bücher.example>", "ops@例え.jp"] };
    const { outcome, server } = await mailTo(aNotification(), { options });
    expect(outcome).toEqual({ kind: "delivered", receipt: "<dlv_1@xn--exmple-cua.de>" });
    expect(server.commands.filter((line) => /^(MAIL|RCPT)/.test(line))).toEqual([
      "MAIL FROM:<lookout@xn--exmple-cua.de>",
      "RCPT TO:<ops@xn--bcher-kva.example>",
      "RCPT TO:<ops@xn--r8jz45g.jp>",
    ]);
    expect(server.mails[0]!.split("\r\n\r\n")[0]).toMatch(/^[\x00-\x7f]*$/);
    const { mails } = await mailTo(aNotification(), { options, receipt: (outcome as { receipt: string }).receipt });
    expect(mails[0]!.headers["in-reply-to"]).toBe("<dlv_1@xn--exmple-cua.de>");
  });

  test("a name of another script before the @ needs a server with SMTPUTF8, and its refusal says so", async () => {
    const options = { to: ["jürgen@bücher.example"] };
    const { outcome } = await mailTo(aNotification(), { options, script: { RCPT: "501 5.1.3 bad address" } });
    expect(outcome).toMatchObject({ kind: "permanent", reason: expect.stringMatching(/501.*SMTPUTF8/) });
  });

  test("no password goes to a server without encryption, unless it is this machine or tls is off", async () => {
    const required = await mailTo(aNotification(), { options: { tls: "required" } });
    expect(required.outcome).toMatchObject({
      kind: "permanent",
      reason: expect.stringMatching(/offers no encryption.*tls: off/),
    });
    expect(required.server.commands.join()).not.toContain("AUTH");
    expect((await mailTo(aNotification(), { options: { tls: "off" } })).outcome.kind).toBe("delivered");
  });

  test("smtps:// to a port that is not encrypted says which of the two it wants", async () => {
    const server = await startSmtpServer();
    onTestFinished(() => server.close());
    const outcome = await sent("smtp", optionsFor(0, { url: `smtps://127.0.0.1:${server.port}` }), aNotification());
    expect(outcome).toMatchObject({ kind: "retry", reason: expect.stringMatching(/smtps:\/\/ is for port 465/) });
  });

  describe("over a line that is encrypted", () => {
    const certificate = certificateFor(30);
    const overTls = async (from: SmtpEncryption["from"], host: string, script: Fault = {}) => {
      const server = await startSmtpServer({ certificate, from });
      onTestFinished(() => server.close());
      Object.assign(server.script, script);
      const url = `${from === "start" ? "smtps" : "smtp"}://lookout:${encodeURIComponent(PASSWORD)}@${host}:${server.port}`;
      const outcome = await sent("smtp", optionsFor(0, { url, tls: "required" }), aNotification());
      return { outcome, server };
    };
    const trusting = () => {
      const usual = getCACertificates("default");
      setDefaultCACertificates([...usual, certificate.cert]);
      onTestFinished(() => setDefaultCACertificates(usual));
    };

    test.each(["start", "STARTTLS"] as const)("user, password and mail go after the handshake: %s", async (from) => {
      trusting();
      const { outcome, server } = await overTls(from, "localhost");
      expect(outcome.kind).toBe("delivered");
      expect(server.commands.filter((line) => !line.startsWith("tls "))).toEqual(
        from === "start" ? [] : [expect.stringMatching(/^EHLO /), "STARTTLS"],
      );
      expect(server.commands.filter((line) => line.startsWith("tls AUTH"))).toHaveLength(1);
      expect(server.mails).toHaveLength(1);
    });

    test.each<[sentence: string, from: SmtpEncryption["from"], host: string]>([
      ["that nobody vouches for", "start", "localhost"],
      ["that nobody vouches for, on request", "STARTTLS", "localhost"],
      ["of another name", "STARTTLS", "127.0.0.1"],
    ])("a server with a certificate %s gets no password, and it is tried again", async (sentence, from, host) => {
      if (sentence.includes("name")) trusting();
      const { outcome, server } = await overTls(from, host);
      expect(outcome).toMatchObject({ kind: "retry", reason: expect.stringMatching(/certificate/) });
      expect(server.commands.join()).not.toContain("AUTH");
    });

    test("one that takes its offer back gets no password", async () => {
      const { outcome, server } = await overTls("STARTTLS", "localhost", { STARTTLS: "454 4.7.0 not now" });
      expect(outcome.kind).not.toBe("delivered");
      expect(server.commands.join()).not.toContain("AUTH");
    });
  });

  test("says what it is by its headers: automatic, urgent, of a delivery and a group", async () => {
    const { mails } = await mailTo();
    const root = mails[0]!.headers["references"]!;
    expect(mails[0]!.headers).toMatchObject({
      from: "Lookout <lookout@example.com>",
      to: "oncall@example.com, lead@example.com",
      subject: "🔴 CRITICAL Deployment of zcjtest-07085 failed",
      "message-id": "<dlv_1@example.com>",
      "in-reply-to": root,
      "auto-submitted": "auto-generated",
      "x-priority": "1",
      date: "Fri, 20 Nov 2026 10:05:00 +0000",
    });
    const next = await mailTo(aNotification({ id: "dlv_2", reason: "repeat" }), { receipt: "<dlv_1@example.com>" });
    expect(next.mails[0]!.headers).toMatchObject({
      "in-reply-to": "<dlv_1@example.com>",
      references: `${root} <dlv_1@example.com>`,
    });
    const other = await mailTo(aNotification({ group: { rule: "another" } }), {
      receipt: "no id\r\nBcc: x@example.com",
    });
    expect(other.mails[0]!.headers["in-reply-to"]).not.toBe(root);
    expect(other.mails[0]!.headers).not.toHaveProperty("bcc");
  });

  test("no text adds a header: the subject is one line of at most 150 characters", async () => {
    const summary = `broken\r\nBcc: evil@example.com\r\n\r\n${"x".repeat(500)}`;
    const { mails, server } = await mailTo(aNotification({ alerts: [anAlert({ summary })] }));
    expect(mails[0]!.headers).not.toHaveProperty("bcc");
    expect(mails[0]!.headers["subject"]).toMatch(/^🔴 CRITICAL broken Bcc: evil@example\.com/);
    expect(mails[0]!.headers["subject"]!.length).toBeLessThanOrEqual(150);
    expect(server.commands.filter((line) => line.startsWith("RCPT"))).toHaveLength(2);
  });

  test("says what a person woken by it needs, as text and as HTML", async () => {
    const { mails } = await mailTo();
    const { text, html } = mails[0]!;
    const bare = (shown: string) => shown.replaceAll("\u2060", "");
    for (const part of ["team=ml, env=prod", "12 matches", "alert a1b2c3d4", "2026-11-20 11:00:00 GMT+1"]) {
      expect(bare(text)).toContain(part);
      expect(bare(html)).toContain(part);
    }
    expect(text).toContain("Runbook: https://wiki.example.com/run%28book%29?a=1&b=2");
    expect(html).toContain('<a href="https://wiki.example.com/run%28book%29?a=1&#38;b=2">Runbook</a>');
    expect(bare(html)).toContain("<strong>Labels</strong> team=ml, env=prod");
    expect(html).not.toMatch(/<img|<script|<link|@import|background/);
  });

  test("links share a line of HTML", async () => {
    const server = await startSmtpServer();
    onTestFinished(() => server.close());
    const links = () => [{ text: "Lookout", url: "https://l.example/1" }];
    const context = { now: NOW, timezone: "UTC", attempt: 1, links, signal: new AbortController().signal };
    const exchange = () => Promise.reject(new Error("mail is no HTTP"));
    await sendingChannel("smtp").send(aNotification(), optionsFor(server.port), { ...context, exchange });
    expect(readMail(server.mails[0]!).html).toMatch(/>Runbook<\/a> · <a href="https:\/\/l\.example\/1">Lookout<\/a>/);
  });
});

const python = await startPythonSmtp();

describe.skipIf(python === null)("a real mail server, its mails read by Python", () => {
  const take = async (notification = aNotification(), more: { receipt?: string } = {}) => {
    const mail = python!.next();
    const outcome = await sent("smtp", optionsFor(python!.port), notification, more);
    return { outcome, mail: await mail };
  };

  test("takes a mail of any language and size, and Python finds no defect in it", async () => {
    for (const text of ["训练作业失败", "😀👩‍🚒", "ünïcödé ".repeat(900), "\ud83d broken \u0007"]) {
      const { outcome, mail } = await take(aNotification({ alerts: crowd(30, text) }));
      expect(outcome.kind).toBe("delivered");
      expect(mail.defects).toEqual([]);
      expect(mail.parts).toEqual(["text/plain", "text/html"]);
      expect(mail.headers["Subject"]!.length).toBeLessThanOrEqual(150);
    }
  });

  test.each(MARKUP)("what an event says is plain text in its HTML: %s", async (_name, text) => {
    const alert = anAlert({
      summary: text,
      description: text,
      labels: { [text]: text },
      runbook: `see ${text}`,
      events: [anEvent({ message: `${text}!` })],
    });
    const [said, plain] = [await take(aNotification({ alerts: [alert] })), await take()];
    // The same elements as for harmless words, but for those of the runbook's link and of lines.
    const elements = (mail: typeof plain) => [...new Set(mail.mail.elements)].filter((name) => name !== "a");
    expect(elements(said)).toEqual(elements(plain));
    expect(said.mail.links).toEqual([]);
    expect(said.mail.text.replaceAll("\u2060", "")).toContain(oneLine(text).replaceAll("\u2060", ""));
  });
});
