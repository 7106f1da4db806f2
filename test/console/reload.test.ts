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
  const page = (await openPage({ app: b.app, places: PLACES }, { console: asked ?? undefined }, over.signal))!;
  onTestFinished(async () => {
    over.abort();
    await page.close();
  });
  const status = async (path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(page.url() + path, { headers })).status;
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

test("without a token any more, this machine needs none", async () => {
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
    ["is taken already", async (port: number) => at(`127.0.0.1:${port}`)],
    [
      "others may reach, whose token cannot be resolved",
      async (port: number) => yaml(`console: { listen: "0.0.0.0:${port + 1}", token: "\${env:NO_SUCH_TOKEN}" }`),
    ],
  ])("that %s leaves it where it is", async (_, other) => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const first = await freePort();
    const { page, status, reload } = await served(at(`127.0.0.1:${first}`), null);
    await reload(await other((taken.address() as AddressInfo).port), {});
    expect([page.url(), await status("/healthz")]).toEqual([`http://127.0.0.1:${first}`, 200]);
  });
});
