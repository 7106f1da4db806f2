// After a reload the console asks for the token of the new configuration, and its links are the ones that are good.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openAlerts } from "../../lib/app/queries/lists.ts";
import { openPage } from "../../lib/cli/console.ts";
import type { Places } from "../../lib/config/load/load.ts";
import { ackLink, ackPath } from "../../lib/model/ack-link.ts";
import { bench } from "../app/support.ts";
import { folderWith } from "../support/cli.ts";
import { freePort } from "./served.ts";

const yaml = (console: string) => `
rules: [{ id: broken, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
${console}`;
const WITH = yaml('console: { token: "${env:TOKEN}" }');
const PLACES = { has: () => false } as unknown as Places;
const FIRST = "a-first-token-of-32-characters-1";
const OTHER = "another-token-of-32-characters-2";

async function served(text = WITH, asked: string | null = "127.0.0.1:0") {
  const b = await bench({ yaml: text, env: { TOKEN: FIRST } });
  b.to(1);
  b.fail(0.5);
  await b.beat();
  const over = new AbortController();
  const page = await openPage({ app: b.app, places: PLACES }, { console: asked ?? undefined }, over.signal);
  onTestFinished(async () => {
    over.abort();
    await page.close();
  });
  const status = async (path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${page.url()}${path}`, { headers })).status;
  };
  const reload = async (text: string, env: Record<string, string>) => {
    b.setEnv(env);
    await b.reload(text);
    await page.use(b.app, PLACES);
  };
  return { b, page, status, reload };
}

test("a new token holds from then on, for links in messages as well, and the old one no more", async () => {
  const { b, status, reload } = await served();
  expect([await status("/api/alerts", FIRST), await status("/api/alerts", OTHER)]).toEqual([200, 401]);
  await reload(WITH, { TOKEN: OTHER });
  expect([await status("/api/alerts", FIRST), await status("/api/alerts", OTHER)]).toEqual([401, 200]);
  const id = (await openAlerts(b.app))[0]!.id;
  const links = [FIRST, OTHER].map((secret) => ackPath(ackLink(secret, id, b.app.clock.now())));
  expect(await Promise.all(links.map((path) => status(path)))).toEqual([404, 200]);
});

test("a token that cannot be resolved leaves the one that holds, and opens nothing", async () => {
  const { status, reload } = await served();
  await reload(WITH.replace("TOKEN", "NO_SUCH_TOKEN"), {});
  expect([await status("/api/alerts", FIRST), await status("/api/alerts")]).toEqual([200, 401]);
});

test("without a token any more, this machine needs none where --console asks for the page", async () => {
  const { status, reload } = await served();
  await reload(yaml(""), {});
  expect(await status("/api/alerts")).toBe(200);
});

test("a token in a file that was rotated is taken over without a reload", async () => {
  const file = join(await folderWith({ token: FIRST }), "token");
  const { b, status } = await served(yaml(`console: { token: "\${file:${file}}" }`));
  expect([await status("/api/alerts", FIRST), await status("/api/alerts", OTHER)]).toEqual([200, 401]);
  writeFileSync(file, OTHER);
  await expect.poll(() => status("/api/alerts", OTHER), { timeout: 10_000 }).toBe(200);
  expect(await status("/api/alerts", FIRST)).toBe(401);
  // Links in messages are signed with it from then on.
  const link = ackLink((await b.app.ackSecret())!, (await openAlerts(b.app))[0]!.id, b.app.clock.now());
  expect(await status(ackPath(link))).toBe(200);
});

describe("another address of the configuration", () => {
  const at = (listen: string) => yaml(`console: { listen: "${listen}" }`);

  test("is listened on from the reload on, and the one before no more", async () => {
    const [first, second] = [await freePort(), await freePort()];
    const { page, reload } = await served(at(`127.0.0.1:${first}`), null);
    await reload(at(`127.0.0.1:${second}`), {});
    expect(page.url()).toBe(`http://127.0.0.1:${second}`);
    expect((await fetch(`${page.url()}/healthz`)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${first}/healthz`)).rejects.toThrow();
  });

  test.each([
    ["is taken already", (port: number) => at(`127.0.0.1:${port}`), ["console"]],
    [
      "others may reach, whose token cannot be resolved",
      (port: number) => yaml(`console: { listen: "0.0.0.0:${port + 1}", token: "\${env:NO_SUCH_TOKEN}" }`),
      // A secret without a value is an alert by itself.
      [],
    ],
  ])("that %s leaves it where it is", async (_, other, problems) => {
    const taken = await takenPort();
    const first = await freePort();
    const { page, status, reload } = await served(at(`127.0.0.1:${first}`), null);
    await reload(other(taken.port), {});
    expect([page.url(), await status("/healthz")]).toEqual([`http://127.0.0.1:${first}`, 200]);
    expect(page.problems().map(({ name }) => name)).toEqual(problems);
    await reload(at(`127.0.0.1:${first}`), {});
    expect(page.problems()).toEqual([]);
  });

  test("may be another name of the same port", async () => {
    const port = await freePort();
    const { page, status, reload } = await served(at(`127.0.0.1:${port}`), null);
    const open = yaml(`console: { listen: "0.0.0.0:${port}", token: "\${env:TOKEN}" }`);
    await reload(open, { TOKEN: FIRST });
    expect([page.url(), await status("/api/alerts", FIRST)]).toEqual([`http://0.0.0.0:${port}`, 200]);
    await reload(at(`127.0.0.1:${port}`), {});
    expect([page.url(), await status("/api/alerts")]).toEqual([`http://127.0.0.1:${port}`, 200]);
  });

  test("of the same port that is no address of this machine leaves it where it is", async () => {
    const port = await freePort();
    const { page, status, reload } = await served(at(`127.0.0.1:${port}`), null);
    await reload(yaml(`console: { listen: "192.0.2.1:${port}", token: "\${env:TOKEN}" }`), { TOKEN: FIRST });
    expect([page.url(), await status("/api/alerts", FIRST)]).toEqual([`http://127.0.0.1:${port}`, 200]);
  });
});

describe("a page that the configuration asks for from a reload on", () => {
  const at = (port: number, token = "") => yaml(`console: { listen: "127.0.0.1:${port}"${token} }`);

  test("is served, is gone with its section, and comes back with it", async () => {
    const { page, status, reload } = await served(yaml(""), null);
    expect(page.url()).toBeUndefined();
    const port = await freePort();
    await reload(at(port, ', token: "${env:TOKEN}"'), { TOKEN: FIRST });
    expect([page.url(), await status("/api/alerts")]).toEqual([`http://127.0.0.1:${port}`, 401]);
    await reload(yaml(""), { TOKEN: FIRST });
    expect(page.url()).toBeUndefined();
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    await reload(at(port), {});
    expect(await status("/api/alerts")).toBe(200);
  });

  test("waits for an address that is taken, says so, and is served once that is free", async () => {
    const taken = await takenPort();
    const { page, status, reload } = await served(yaml(""), null);
    await reload(at(taken.port), {});
    expect(page.url()).toBeUndefined();
    expect(page.problems()).toEqual([
      {
        problem: "configuration refused",
        name: "console",
        message: expect.stringMatching(/^The console is not served: .*another process listens there/),
        connection: null,
      },
    ]);
    await taken.free();
    await expect.poll(page.url, { timeout: 15_000 }).toBe(`http://127.0.0.1:${taken.port}`);
    expect([await status("/healthz"), page.problems()]).toEqual([200, []]);
  });

  test("is not served without a token that is named, nor with that of a section before", async () => {
    const { page, reload } = await served(at(await freePort(), ', token: "${env:TOKEN}"'), null);
    await reload(yaml(""), {});
    await reload(at(await freePort(), ', token: "${env:NO_SUCH_TOKEN}"'), {});
    expect(page.url()).toBeUndefined();
    // The secret that has no value is an alert by itself.
    expect(page.problems()).toEqual([]);
  });
});

async function takenPort(): Promise<{ port: number; free(): Promise<void> }> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const free = async () => {
    server.close();
    await once(server, "close");
  };
  return { port: (server.address() as AddressInfo).port, free };
}
