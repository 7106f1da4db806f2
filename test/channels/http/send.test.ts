// sendHttp against real servers: what comes back, what is thrown, and that neither shows a secret.
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { SendError, sendHttp } from "../../../lib/channels/http/send.ts";
import type { HttpRequest } from "../../../lib/channels/port.ts";

const open: { close(): unknown; closeAllConnections?(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections?.();
    server.close();
  }
});

async function served(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  open.push(server);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const SECRET_PATH = "/hook/s3cr3t-t0ken?sig=Zx81yW72";
const post = (url: string, fields: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "POST",
  url,
  headers: { "content-type": "application/json", "x-key": "k3y-0a1b" },
  body: '{"text":"训练 😀"}',
  ...fields,
});

async function thrown(promise: Promise<unknown>): Promise<SendError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SendError);
  return error as SendError;
}

describe("an answer", () => {
  test("comes back with status, headers and body; the request arrived as it was", async () => {
    let seen = "";
    const base = await served((request, response) => {
      request.setEncoding("utf8").on("data", (chunk: string) => {
        seen += chunk;
      });
      request.on("end", () => {
        seen += ` ${request.method} ${request.url} ${request.headers["x-key"]}`;
        response.writeHead(202, { "retry-after": "3" }).end("ok ✓");
      });
    });
    const response = await sendHttp(post(base + SECRET_PATH));
    expect(response).toMatchObject({ status: 202, body: "ok ✓" });
    expect(response.headers["retry-after"]).toBe("3");
    expect(seen).toBe(`{"text":"训练 😀"} POST ${SECRET_PATH} k3y-0a1b`);
  });

  test("that redirects is not followed", async () => {
    let requests = 0;
    const base = await served((_request, response) => {
      requests++;
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    expect((await sendHttp(post(base))).status).toBe(307);
    expect(requests).toBe(1);
  });

  test("is read for 64 KB and no further, whole code points only", async () => {
    const base = await served((_request, response) => {
      response.write("x");
      const more = () => {
        while (!response.destroyed && response.write("é".repeat(10_000)));
      };
      response.on("drain", more);
      more();
    });
    const { body } = await sendHttp(post(base));
    expect(body).toBe(`x${"é".repeat(32_767)}`);
  });

  test("that repeats our address or keys comes back without them", async () => {
    const base = await served((request, response) => {
      response.end(`got ${request.url} with ${request.headers["x-key"]}; s3cr3t-t0ken, Zx81yW72; errcode 310000`);
    });
    const { body } = await sendHttp(post(base + SECRET_PATH));
    expect(body).not.toMatch(/s3cr3t|Zx81|k3y-/);
    expect(body).toContain("errcode 310000");
  });

  test("that repeats values of our address in any form comes back without them, and keeps its own words", async () => {
    const said = "invalid timestamp, access_token or message of the webhook";
    const query = "access_token=Zx81yW72&timestamp=1720063700033&sign=aB%2Bc%3D1x%3D&pad=Qw12Er==&bare-k3y";
    const base = await served((request, response) => {
      response.end(`${said}: ${request.url} Zx81yW72 aB%2Bc%3D1x%3D aB+c=1x= Qw12Er== Qw12Er bare-k3y`);
    });
    const { body } = await sendHttp(post(`${base}/webhook/message/s3cr3t-t0ken?${query}`));
    expect(body).toContain(said);
    expect(body).not.toMatch(/s3cr3t|Zx81|aB|1x|Qw12|k3y/);
  });

  test("to an address with user and password was asked with them", async () => {
    const base = await served((request, response) => {
      response.end(request.headers.authorization === `Basic ${btoa("ada:p@ss")}` ? "yes" : "no");
    });
    expect((await sendHttp(post(base.replace("//", "//ada:p%40ss@")))).body).toBe("yes");
  });
});

describe("no answer", () => {
  test("in time: says how long and from whom, no more", async () => {
    const base = await served(() => {});
    const error = await thrown(sendHttp(post(base + SECRET_PATH), { timeoutMs: 50 }));
    expect(error.message).toBe(`${new URL(base).host} did not answer within 0.05 s`);
    expect(error.code).toBe("ETIMEDOUT");
    expect(error.cause).toBeUndefined();
  });

  test("because its body never ends", async () => {
    const base = await served((_request, response) => response.write("o"));
    expect((await thrown(sendHttp(post(base), { timeoutMs: 50 }))).code).toBe("ETIMEDOUT");
  });

  test("because the connection is cut", async () => {
    const base = await served((request) => request.socket.destroy());
    expect((await thrown(sendHttp(post(base + SECRET_PATH)))).message).toMatch(/^127\.0\.0\.1:\d+ cut the connection/);
  });

  test("because it is cut within the body", async () => {
    const base = await served((request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("ok", () => request.socket.destroy());
    });
    await thrown(sendHttp(post(base)));
  });

  test("because nobody listens", async () => {
    const server = createTcpServer();
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as AddressInfo;
    await new Promise((closed) => server.close(closed));
    const error = await thrown(sendHttp(post(`http://127.0.0.1:${port}${SECRET_PATH}`)));
    expect(error.message).toBe(`127.0.0.1:${port} refused the connection (ECONNREFUSED): check the host and the port`);
  });

  test("because what answers is no HTTP", async () => {
    const server = createTcpServer((socket) => socket.on("error", () => {}).end("SSH-2.0-OpenSSH\r\n"));
    open.push(server);
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    await thrown(sendHttp(post(`http://127.0.0.1:${(server.address() as AddressInfo).port}${SECRET_PATH}`)));
  });

  test.each([
    ["an address that is none", post("hush-no-address")],
    ["a header no request can carry", post("http://127.0.0.1:9/", { headers: { auth: "hush\nhush" } })],
  ])("because of %s, which is not shown", async (_name, request) => {
    const error = await thrown(sendHttp(request));
    expect(error.message).not.toContain("hush");
  });

  test("because the caller gave up: the caller's own reason", async () => {
    const base = await served(() => {});
    const reason = new Error("shutting down");
    await expect(sendHttp(post(base), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
