// Mail over SMTP, to one server that takes it in or passes it on.
import type { NodemailerError } from "nodemailer/lib/errors";
import * as z from "zod";
import { advised } from "../http/advice.ts";
import { retry } from "../http/answer.ts";
import { receiverWords } from "../http/redact.ts";
import { failureWords } from "../http/send.ts";
import type { Outcome, SendingChannel } from "../port.ts";
import { UnusableOptions } from "../unusable.ts";
import { isAscii, MAIL_OPTIONS, type Mail, mailOf } from "./mail.ts";
import { handOver, type SmtpServer } from "./smtp-session.ts";

const FORM = 'a mail server: "smtps://user:password@mail.example.com:465" or "smtp://…:587"';

const Options = z.strictObject({
  url: z.string().refine((text) => text.includes("${") || serverAddress(text) !== undefined, FORM),
  ...MAIL_OPTIONS,
  tls: z.enum(["auto", "required", "off"]).default("auto"),
  name: z
    .string()
    .regex(/^[A-Za-z0-9.[\]:-]{1,255}$/, "a host name")
    .optional(),
});

export const smtp: SendingChannel<z.infer<typeof Options>> = {
  type: "smtp",
  options: Options,
  incident: false,
  template: "words",
  async send(notification, options, context) {
    const server = { ...usableServer(options.url), tls: options.tls, name: options.name };
    const mail = await mailOf(notification, options, context);
    try {
      const { rejected, rejectedErrors = [], serverMessageId } = await handOver(server, mail, context.signal);
      const receipt = serverMessageId ?? mail.messageId;
      if (rejected.length === 0) return { kind: "delivered", receipt };
      return {
        kind: "delivered",
        receipt,
        note: `not accepted for ${rejected.length} of its recipients: ${saidOf(rejectedErrors[0])}`,
      };
    } catch (error) {
      return judged(error as NodemailerError, server, mail);
    }
  },
};

function judged(error: NodemailerError, server: SmtpServer, mail: Mail): Outcome {
  const { code, responseCode, rejectedErrors = [] } = error;
  const where = `${server.host}:${server.port}`;
  if (code === "ETLS" && responseCode !== undefined) {
    const advice = 'with "tls: off" it is used without encryption, passwords included';
    return { kind: "permanent", reason: `${where} offers no encryption (${saidOf(error)}); ${advice}` };
  }
  const later = rejectedErrors.find((one) => isLater(one.responseCode));
  const reply = later ?? (responseCode === undefined ? rejectedErrors[0] : error);
  if (reply?.responseCode === undefined) return retry(`${where} ${brokenWords(error, server)}`);
  const reason = `${where}: ${saidOf(reply)}`;
  if (isLater(reply.responseCode)) return retry(reason);
  return advised({ kind: "permanent", reason }, adviceFor(code, reply.responseCode, mail));
}

function isLater(reply: number | undefined): boolean {
  return reply !== undefined && reply >= 400 && reply <= 499;
}

function adviceFor(code: string | undefined, reply: number, { from, to }: Mail): string | undefined {
  if (code === "EAUTH") return 'check user and password in "url"';
  if (reply === 530) return 'give user and password in "url"';
  if (code === "EENVELOPE" && ![from, ...to].every(({ address }) => isAscii(address))) {
    return 'an address in "from" or "to" is not ASCII before the @: it needs a server with SMTPUTF8';
  }
  if (code === "EENVELOPE") return 'check "from" and "to", and that this user may send from there';
  return undefined;
}

/** The server's reply, without what it repeats of ours. */
function saidOf(error: NodemailerError | undefined): string {
  return receiverWords(error?.response ?? error?.message ?? "");
}

/** Why there was no reply. The client has the system's own word in its text alone. */
function brokenWords({ code = "UNKNOWN", message }: NodemailerError, { secure }: SmtpServer): string {
  if (secure && /wrong version|packet length/i.test(message)) {
    return 'is not encrypted from the first byte: in "url", smtps:// is for port 465, smtp:// for the others';
  }
  if (/SSL|certificate|self-signed/i.test(message)) return failureWords("TLS");
  if (code === "EPROTOCOL") return "answers what no mail server does";
  const word = /\bE[A-Z]{4,}\b/.exec(message)?.[0] ?? code;
  return failureWords(word === "ECONNECTION" ? "ECONNRESET" : word);
}

function usableServer(text: string): Pick<SmtpServer, "host" | "port" | "secure" | "auth"> {
  const server = serverAddress(text);
  if (!server) throw new UnusableOptions(`"url" is not ${FORM}: check the variable or file it comes from`);
  return server;
}

function serverAddress(text: string): Pick<SmtpServer, "host" | "port" | "secure" | "auth"> | undefined {
  const url = URL.parse(text.trim());
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === "") return undefined;
  const secure = url.protocol === "smtps:";
  try {
    const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
      secure,
      auth: user === "" ? undefined : { user, pass },
    };
  } catch {
    return undefined;
  }
}
