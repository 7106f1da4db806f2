// A mail server on a loopback port of its own that keeps what it is sent and answers as a script says.

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

/** A reply, or what happens instead of one. */
export type Reply = string | "cut" | "silent";

export interface SmtpServer {
  port: number;
  /** Replies by the beginning of a command ("connect" is the greeting, "." the end of a mail); the first that fits. */
  script: Record<string, Reply>;
  /** Commands in order, passwords in base64 as they came. */
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

export async function startSmtpServer(): Promise<SmtpServer> {
  const sockets = new Set<Socket>();
  let waiting = Promise.withResolvers<{ closed: Promise<void> }>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    waiting.resolve({ closed: new Promise((resolve) => socket.on("close", () => resolve())) });
    waiting = Promise.withResolvers();
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    converse(socket, server);
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

function converse(socket: Socket, { script, commands, mails }: SmtpServer): void {
  let mail: string[] | undefined;
  let rest = "";
  const say = (about: string) => {
    const key = [...Object.keys(script), ...Object.keys(REPLIES)].find((start) => about.startsWith(start));
    const reply = script[key ?? ""] ?? REPLIES[key ?? ""] ?? "250 OK";
    if (reply === "cut") socket.destroy();
    else if (reply !== "silent") socket.write(`${reply}\r\n`);
  };
  say("connect");
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\r\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (mail === undefined) commands.push(line);
      if (mail !== undefined && line !== ".") {
        mail.push(line.replace(/^\./, ""));
        continue;
      }
      if (mail !== undefined) mails.push(mail.join("\r\n"));
      mail = line === "DATA" && script["DATA"] === undefined ? [] : undefined;
      say(line);
    }
  });
}
