// A mail server on a loopback port of its own that keeps what it is sent and answers as a script says.

import { type AddressInfo, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Certificate } from "./certificates.ts";

/** A reply, or what happens instead of one. */
export type Reply = string | "cut" | "silent";

export interface SmtpServer {
  port: number;
  /** Replies by the beginning of a command ("connect" is the greeting, "." the end of a mail); the first that fits. */
  script: Record<string, Reply>;
  /** Commands in order, passwords in base64 as they came; what came encrypted begins with "tls ". */
  commands: string[];
  mails: string[];
  /** Resolves with the next connection, and its end. */
  connected(): Promise<{ closed: Promise<void> }>;
  close(): Promise<void>;
}

const REPLIES: Record<string, string> = {
  connect: "220 mail.example.com ESMTP",
  EHLO: "250-mail.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
  STARTTLS: "502 5.5.1 No such command",
  AUTH: "235 2.7.0 Accepted",
  DATA: "354 Go ahead",
  QUIT: "221 Bye",
};

/** How connections are encrypted: from the first byte, or once the client asks. Absent: not at all. */
export interface SmtpEncryption {
  certificate: Certificate;
  from: "start" | "STARTTLS";
}

/** What a server says instead that can encrypt. */
const OFFERING: Record<string, string> = {
  EHLO: "250-mail.example.com\r\n250-STARTTLS\r\n250 8BITMIME",
  STARTTLS: "220 2.0.0 Ready to start TLS",
};

export async function startSmtpServer(encryption?: SmtpEncryption): Promise<SmtpServer> {
  const sockets = new Set<Socket>();
  let waiting = Promise.withResolvers<{ closed: Promise<void> }>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    waiting.resolve({ closed: new Promise((resolve) => socket.on("close", () => resolve())) });
    waiting = Promise.withResolvers();
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    if (encryption?.from === "start") converse(encrypted(socket, encryption), server);
    else converse(socket, server, encryption);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const server: SmtpServer = {
    port: (listener.address() as AddressInfo).port,
    script: {},
    commands: [],
    mails: [],
    connected: () => waiting.promise,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return server;
}

function encrypted(socket: Socket, { certificate }: SmtpEncryption): TLSSocket {
  const secured = new TLSSocket(socket, { isServer: true, ...certificate });
  secured.on("error", () => socket.destroy());
  return secured;
}

function goOn(socket: Socket, server: SmtpServer, encryption: SmtpEncryption): void {
  socket.removeAllListeners("data");
  converse(encrypted(socket, encryption), server, undefined, false);
}

/** From the greeting on; over a line that was just encrypted on request, from after it. */
function converse(socket: Socket, server: SmtpServer, offered?: SmtpEncryption, greets = true): void {
  const { script, commands, mails } = server;
  const isSecure = socket instanceof TLSSocket;
  let mail: string[] | undefined;
  let rest = "";
  const say = (about: string) => {
    const key = [...Object.keys(script), ...Object.keys(REPLIES)].find((start) => about.startsWith(start));
    const own = offered && OFFERING[about.split(" ", 1)[0]!];
    const reply = script[key ?? ""] ?? own ?? REPLIES[key ?? ""] ?? "250 OK";
    if (reply === "cut") socket.destroy();
    else if (reply !== "silent") socket.write(`${reply}\r\n`);
  };
  /** Keeps a line, and answers it unless it belongs to a mail. */
  const take = (line: string) => {
    if (mail === undefined) commands.push(isSecure ? `tls ${line}` : line);
    else if (line !== ".") return void mail.push(line.replace(/^\./, ""));
    else mails.push(mail.join("\r\n"));
    mail = line === "DATA" && script["DATA"] === undefined ? [] : undefined;
    say(line);
  };
  if (greets) say("connect");
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\r\n");
    rest = lines.pop()!;
    for (const line of lines) {
      take(line);
      if (line === "STARTTLS" && offered && script[line] === undefined) return goOn(socket, server, offered);
    }
  });
}
