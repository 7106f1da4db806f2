// After a reload the console asks for the token of the new configuration, and its links are the ones that are good.
import { expect, onTestFinished, test } from "vitest";
import { openAlerts } from "../../lib/app/queries/lists.ts";
import { openPage } from "../../lib/cli/console.ts";
import type { Places } from "../../lib/config/load/load.ts";
import { ackLink, ackPath } from "../../lib/model/ack-link.ts";
import { bench } from "../app/support.ts";

const yaml = (console: string) => `
rules: [{ id: broken, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
${console}`;
const WITH = yaml('console: { token: "${env:TOKEN}" }');
const PLACES = { has: () => false } as unknown as Places;
const FIRST = "a-first-token-of-32-characters-1";
const OTHER = "another-token-of-32-characters-2";

async function served() {
  const b = await bench({ yaml: WITH, env: { TOKEN: FIRST } });
  b.to(1);
  b.fail(0.5);
  await b.beat();
  const over = new AbortController();
  const page = (await openPage({ app: b.app, places: PLACES }, { console: "127.0.0.1:0" }, over.signal))!;
  onTestFinished(async () => {
    over.abort();
    await page.close();
  });
  const status = async (path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(page.url + path, { headers })).status;
  };
  const reload = async (text: string, env: Record<string, string>) => {
    b.setEnv(env);
    await b.reload(text);
    await page.use(b.app, PLACES);
  };
  return { b, status, reload };
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
