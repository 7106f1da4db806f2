// Probes against servers that are slow, endless, broken or hostile: each ends in time, with an error of a known class.
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { probe } from "../../../lib/sources/checks/probe.ts";
import { createSlots } from "../../../lib/sources/checks/slots.ts";
import type { Endpoint } from "../../../lib/sources/port.ts";
import { certificateFor } from "../../support/certificates.ts";
import { endpointAt, type Handler, serve } from "../support.ts";

const NOW = Date.now();
const never = new AbortController().signal;

async function served(handler: Handler) {
  const server = await serve(handler);
  onTestFinished(server.close);
  return server;
}

/** A server that answers raw bytes. */
async function raw(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Writes a piece over and over, as long as somebody takes it. */
function pour(socket: Socket, piece: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

/** Writes one byte each few milliseconds. */
function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write("x"), 5);
  socket.on("close", () => clearInterval(timer));
}

const ask = (url: string, more: Partial<Endpoint> = {}, timeout = 5_000) =>
  probe(endpointAt(url, more), timeout, NOW, never);

describe("an endpoint that is well", () => {
  test("answers one of the statuses, with the text, to the headers", async () => {
    const server = await served((request, response) => {
      response.writeHead(request.headers["x-key"] === "k" ? 418 : 500).end("all is well");
    });
    const more = { status: [418], body: "is well", header: { "X-Key": "k" } };
    expect(await ask(server.url, more)).toMatchObject({ status: 418, error: null, days: null });
    expect(server.requests[0]).toMatchObject({ method: "GET", headers: { "user-agent": "lookout" } });
  });

  test("is asked by its own method, and a HEAD has no body", async () => {
    const server = await served((_, response) => void response.end());
    expect(await ask(server.url, { method: "HEAD" })).toMatchObject({ status: 200, error: null });
    expect(await ask(server.url, { method: "POST" })).toMatchObject({ status: 200, error: null });
    expect(server.requests.map(({ method }) => method)).toEqual(["HEAD", "POST"]);
  });

  test("may redirect on its own host", async () => {
    const server = await served(({ url }, response) => {
      if (url === "/ok") response.end("ok");
      else response.writeHead(302, { location: "/ok" }).end();
    });
    expect(await ask(server.url, { body: "ok" })).toMatchObject({ status: 200, error: null });
  });

  test("may answer without end: its first 64 KB are enough", async () => {
    const url = await raw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      pour(socket, "x".repeat(10_000));
    });
    expect(await ask(url)).toMatchObject({ status: 200, error: null });
    expect(await ask(url, { body: "y" })).toMatchObject({ status: 200, error: "body" });
  });
});

const failing: [sentence: string, error: string, start: () => Promise<string>, more?: Partial<Endpoint>][] = [
  ["that answers an error", "status", async () => (await served((_, r) => void r.writeHead(503).end())).url],
  ["that lacks the text", "body", async () => (await served((_, r) => void r.end("no"))).url, { body: "ok" }],
  ["that says nothing", "timeout", async () => (await served(() => {})).url],
  [
    "whose headers drip",
    "timeout",
    () => raw((socket) => drip(socket.write("HTTP/1.1 200 OK\r\nx: ") ? socket : socket)),
  ],
  [
    "whose body drips",
    "timeout",
    () => raw((s) => drip(s.write("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n") ? s : s)),
  ],
  ["that resets", "reset", () => raw((socket) => socket.resetAndDestroy())],
  ["that hangs up", "reset", () => raw((socket) => socket.destroy())],
  ["that cuts its answer", "reset", () => raw((s) => s.end("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nx"))],
  ["that speaks no HTTP", "malformed", () => raw((socket) => socket.end("SSH-2.0-OpenSSH\r\n"))],
  [
    "with headers without end",
    "malformed",
    () => raw((s) => pour(s, `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(2_000)}`)),
  ],
  [
    "whose redirects go round",
    "redirect",
    async () => (await served((_, r) => void r.writeHead(301, { location: "/" }).end())).url,
  ],
  [
    "that redirects elsewhere",
    "redirect",
    async () => (await served((_, r) => void r.writeHead(302, { location: "http://127.0.0.2/" }).end())).url,
  ],
  [
    "that redirects to another port",
    "redirect",
    async () => (await served((_, r) => void r.writeHead(302, { location: "http://127.0.0.1:1/" }).end())).url,
  ],
  [
    "that redirects to no address",
    "redirect",
    async () => (await served((_, r) => void r.writeHead(302, { location: "http://[" }).end())).url,
  ],
  ["where nobody listens", "refused", async () => "http://127.0.0.1:1"],
  ["whose name nobody knows", "dns", async () => "http://lookout.invalid"],
];

describe("an endpoint", () => {
  test.each(failing)("%s fails as %s, within its time", async (_, error, start, more = {}) => {
    const began = performance.now();
    const outcome = await ask(
      await start(),
      { ...more, header: { "X-Key": "hunter2" } },
      error === "timeout" ? 200 : 10_000,
    );
    expect(outcome).toMatchObject({ error });
    expect(outcome?.message).not.toMatch(/hunter2|127\.0\.0/);
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  test("that is asked while the run stops says nothing", async () => {
    const url = await raw(() => {});
    const controller = new AbortController();
    const asking = probe(endpointAt(url), 60_000, NOW, controller.signal);
    controller.abort(new Error("stopped"));
    await expect(asking).rejects.toThrow("stopped");
  });
});

describe("over TLS", () => {
  /** A server whose certificate is valid up to so many days from now; `trusted`: by this process, too. */
  async function secured(days: number, trusted = false): Promise<string> {
    const certificate = certificateFor(days);
    if (trusted) {
      const usual = getCACertificates("default");
      setDefaultCACertificates([...usual, certificate.cert]);
      onTestFinished(() => setDefaultCACertificates(usual));
    }
    const server = createSecureServer(certificate, (_, response) => void response.end("ok"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return `https://localhost:${(server.address() as AddressInfo).port}`;
  }

  test("a certificate that signed itself is not trusted", async () => {
    expect(await ask(await secured(30))).toMatchObject({ error: "certificate", days: null, status: null });
  });

  test("a trusted one says for how many days it is valid, again with each probe", async () => {
    const url = await secured(30.5, true);
    for (const _ of [1, 2]) expect(await ask(url)).toMatchObject({ error: null, status: 200, days: 30 });
  });

  test("one that has expired is not valid", async () => {
    const outcome = await ask(await secured(-1, true));
    expect(outcome).toMatchObject({ error: "certificate", message: "the certificate is not valid (CERT_HAS_EXPIRED)" });
  });

  test("a server that speaks plain HTTP is none", async () => {
    const server = await served((_, response) => void response.end());
    expect(await ask(server.url.replace("http:", "https:"))).toMatchObject({ error: "tls" });
  });
});

test("no more than so many are under way at once, in the order in which they came", async () => {
  const slots = createSlots(3);
  let busy = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      slots
        .run(async () => {
          order.push(index);
          most = Math.max(most, ++busy);
          await new Promise((resolve) => setImmediate(resolve));
          busy--;
          if (index === 5) throw new Error("one failed");
        })
        .catch(() => {}),
    ),
  );
  expect([most, order]).toEqual([3, Array.from({ length: 20 }, (_, index) => index)]);
});
