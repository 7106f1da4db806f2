// A notification as a mail: plain text and HTML, threaded by its group, built once for every way to send it.
import * as z from "zod";
import { hashOf } from "../../model/hash.ts";
import type { Notification } from "../../model/notification.ts";
import { compose, type Message } from "../message/message.ts";
import type { Tone } from "../message/news.ts";
import { plainTextOf } from "../message/plain-text.ts";
import type { RenderContext } from "../port.ts";
import { UnusableOptions } from "../unusable.ts";
import { htmlOf, MAIL } from "./html.ts";

const FORM = 'a mail address: "name@example.com" or "Lookout <name@example.com>"';
const BARE = /^([^\s@<>()[\]\\,;:"]{1,64})@([^\s@<>()[\]\\,;:"]{1,255})$/;
const DOMAIN = /^[\w.\u0080-\u{10ffff}-]{1,255}$/u;
const NAMED = /^([^<>"\\,;:@\p{Cc}]{0,100})<([^<>]{1,320})>$/u;

const MailAddress = z.string().refine((text) => text.includes("${") || mailbox(text) !== undefined, FORM);
const AsciiAddress = MailAddress.refine(
  (text) => text.includes("${") || isAscii(mailbox(text)?.address ?? ""),
  "an address that is ASCII before the @: this service takes no other",
);

/** From whom and to whom; services take 50 recipients of one mail. */
export const MAIL_OPTIONS = { from: MailAddress, to: z.array(MailAddress).min(1).max(50) };
/** The same for a service without SMTPUTF8. */
export const ASCII_MAIL_OPTIONS = { from: AsciiAddress, to: z.array(AsciiAddress).min(1).max(50) };

export interface Mailbox {
  name: string;
  /** Its domain as ASCII. */
  address: string;
}

export interface Mail {
  from: Mailbox;
  to: Mailbox[];
  /** With its angle brackets. */
  messageId: string;
  /** As it goes over the wire. */
  raw: Buffer;
}

const PRIORITIES: Readonly<Record<Tone, readonly [number: string, importance: string]>> = {
  critical: ["1", "high"],
  error: ["2", "high"],
  warning: ["3", "normal"],
  info: ["4", "normal"],
  resolved: ["4", "normal"],
};

/** `receipt`: the message id of the group's last mail. Throws UnusableOptions where an address is none. */
export async function mailOf(
  notification: Notification,
  options: { from: string; to: readonly string[] },
  context: RenderContext & { receipt?: string },
): Promise<Mail> {
  const from = usableMailbox("from", options.from);
  const to = options.to.map((address) => usableMailbox("to", address));
  const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
  const messageId = `<${notification.id.replace(/[^\w.-]/g, "-")}@${domain}>`;
  const message = compose(notification, context, MAIL);
  const { default: MailComposer } = await import("nodemailer/lib/mail-composer");
  const composer = new MailComposer({
    from,
    to,
    subject: message.title,
    date: new Date(context.now),
    messageId,
    headers: headersOf(notification, message, domain, context.receipt),
    text: plainTextOf(message),
    html: htmlOf(message),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { from, to, messageId, raw: await composer.compile().build() };
}

/** Mail programs put together what refers to the same mail: the first of a group is one that was never sent. */
function headersOf(
  { channel, group }: Notification,
  { tone }: Message,
  domain: string,
  receipt: string | undefined,
): Record<string, string> {
  const root = `<group-${hashOf([channel, group])}@${domain}>`;
  const last = receipt !== undefined && /^<[\w.+=@-]{3,200}>$/.test(receipt) ? receipt : undefined;
  const [priority, importance] = PRIORITIES[tone];
  return {
    "In-Reply-To": last ?? root,
    References: [root, ...(last ? [last] : [])].join(" "),
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
    "X-Priority": priority,
    Importance: importance,
  };
}

function usableMailbox(option: string, text: string): Mailbox {
  const box = mailbox(text);
  if (!box)
    throw new UnusableOptions(`"${option}" holds what is not ${FORM}: check the variable or file it comes from`);
  return box;
}

function mailbox(text: string): Mailbox | undefined {
  const [, name = "", written = text.trim()] = NAMED.exec(text.trim()) ?? [];
  const [, local, domain] = BARE.exec(written) ?? [];
  if (local === undefined || domain === undefined) return undefined;
  const ascii = isAscii(domain) ? domain : asciiDomain(domain);
  return ascii === undefined ? undefined : { name: name.trim(), address: `${local}@${ascii}` };
}

/** As servers without SMTPUTF8 take it: URLs have the same form. */
function asciiDomain(domain: string): string | undefined {
  return DOMAIN.test(domain) ? URL.parse(`http://${domain}`)?.hostname : undefined;
}

/** Every name before the @ that is not can be reached by way of SMTPUTF8 only. */
export function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
