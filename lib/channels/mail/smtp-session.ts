// One session with a mail server: connect, encrypt, log in, hand over one mail. The client loads when first used.
import type SMTPConnection from "nodemailer/lib/smtp-connection";
import type { SMTPConnectionSendInfo } from "nodemailer/lib/smtp-connection";
import type { Mail } from "./mail.ts";

export interface SmtpServer {
  host: string;
  port: number;
  /** Encrypted from the first byte. */
  secure: boolean;
  auth: { user: string; pass: string } | undefined;
  tls: "auto" | "required" | "off";
  /** What we are called when we greet; absent: the machine's name. */
  name: string | undefined;
}

/** Everyone who may listen there reads this process's memory, too. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Rejects with the client's error, or with the signal's reason. Nothing of the session outlives this. */
export async function handOver(server: SmtpServer, mail: Mail, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
  const { default: Connection } = await import("nodemailer/lib/smtp-connection");
  const { host, port, secure, auth, tls, name } = server;
  const connection = new Connection({
    host,
    port,
    secure,
    ...(name === undefined ? {} : { name }),
    // No password goes over a line that others may read.
    requireTLS: !secure && (tls === "required" || (tls === "auto" && auth !== undefined && !LOOPBACK.test(host))),
    ignoreTLS: tls === "off",
    socketCloseTimeout: 0,
  });
  const failed = failureOf(connection, signal);
  try {
    await Promise.race([failed, called((done) => connection.connect(done))]);
    if (auth) await Promise.race([failed, called((done) => connection.login(auth, done))]);
    const envelope = { from: mail.from.address, to: mail.to.map(({ address }) => address) };
    const info = called<SMTPConnectionSendInfo>((done) => connection.send(envelope, mail.raw, done));
    const accepted = await Promise.race([failed, info]);
    connection.quit();
    return accepted;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Rejects when the connection breaks or the time is over. */
function failureOf(connection: SMTPConnection, signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  connection.on("error", reject);
  connection.on("end", () => reject(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" })));
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  // Nobody may wait for it any more.
  promise.catch(() => {});
  return promise;
}

function called<T>(call: (done: (error?: Error | null, result?: T) => void) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  call((error, result) => (error ? reject(error) : resolve(result as T)));
  promise.catch(() => {});
  return promise;
}
