// The pages in a real browser: live without a reload, by keyboard, for screen readers, and with hostile texts.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openAlerts } from "../../lib/app/queries/lists.ts";
import { T0 } from "../app/support.ts";
import { noBrowser, startBrowser } from "../support/chromium.ts";
import { TOKEN } from "./bench.ts";
import { served } from "./served.ts";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const YAML = `
rules:
  - { id: down, when: { level: [error] }, severity: critical, resolve: { when: { source: [service-events], level: [normal] } } }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const MANY = `
rules: [{ id: many, when: { level: [error] }, by: [id], severity: error, maxKeys: 20000 }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const PAGES = ["/", "/events", "/sources", "/deliveries", "/silences", "/rules", "/ended"];

/** What axe finds wrong, in its own words. */
async function violations(page: Page): Promise<string[]> {
  // Our own policy forbids scripts put into the page: axe is run beside it.
  await page.evaluate(AXE);
  const found = await page.evaluate(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' ')}`))",
  );
  return found as string[];
}

describe.skipIf(noBrowser !== undefined)(`a browser${noBrowser === undefined ? "" : ` (${noBrowser})`}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  /** As in a browser of its own; closed when the test ends. */
  async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    return context.newPage();
  }

  test("shows what fires as it happens, who takes it, and its end, without a reload", async () => {
    const made = await served({ yaml: YAML });
    const page = await newPage();
    const loads: string[] = [];
    page.on("framenavigated", (frame) => loads.push(frame.url()));
    await page.goto(made.url);
    await page.getByText("Nothing fires").waitFor();
    made.fail(1, "lost it");
    await made.beats(2);
    await page.getByRole("link", { name: "lost it" }).waitFor();
    expect(await page.title()).toContain("1 open: 1 critical");
    made.recover(3);
    await made.beats(4);
    await page.getByText("Nothing fires").waitFor();
    expect(loads).toHaveLength(1);
  });

  test("acknowledges, silences after a preview, and sends a test, by keyboard alone", async () => {
    const made = await served({ yaml: YAML });
    made.fail(1, "lost it");
    await made.beats(2);
    const page = await newPage();
    await page.goto(made.url);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    await page.getByRole("link", { name: "lost it" }).focus();
    await page.keyboard.press("Enter");
    const care = page.getByRole("group", { name: "Take care of it" });
    await care.getByLabel("Your name").fill("ada");
    await page.keyboard.press("Enter");
    await page.getByText("ada takes care of it").first().waitFor();
    expect((await openAlerts(made.app))[0]!.acknowledgedBy).toBe("ada");
    const silence = page.getByRole("group", { name: "Silence" });
    expect(await silence.getByLabel("Your name").inputValue()).toBe("ada");
    await silence.getByRole("button", { name: "Preview" }).press("Enter");
    await page.getByText("It would have held back 1 alert").waitFor();
    await page.getByRole("button", { name: "Silence it" }).press("Enter");
    await page.getByText("Silenced until").waitFor();
    await page.goto(`${made.url}/deliveries`);
    await page.getByRole("button", { name: "Send test" }).press("Enter");
    await page.getByText("The test to ops was delivered").waitFor();
  });

  test.each(["light", "dark"] as const)(
    "has nothing that a screen reader stumbles over, in %s",
    async (colorScheme) => {
      const made = await served({ yaml: YAML });
      made.fail(1, "lost it");
      await made.beats(2);
      const [alert] = await openAlerts(made.app);
      const page = await newPage({ colorScheme });
      for (const path of [...PAGES, `/alerts/${alert!.id}`]) {
        await page.goto(made.url + path);
        expect([path, ...(await violations(page))]).toEqual([path]);
      }
    },
  );

  test("runs nothing of what events say, and keeps its width, on a phone, too", async () => {
    const made = await served({ yaml: YAML });
    const evil = `<script>document.title="owned"</script>"><img src=x onerror="document.title='owned'"> \u202e${"W".repeat(9_000)}`;
    made.fail(1, evil);
    await made.beats(2);
    const [alert] = await openAlerts(made.app);
    const page = await newPage({ viewport: { width: 360, height: 700 } });
    const said: string[] = [];
    page.on("dialog", (dialog) => said.push(dialog.message()));
    page.on("pageerror", (error) => said.push(error.message));
    page.on("console", (message) => said.push(message.text()));
    for (const path of [...PAGES, `/alerts/${alert!.id}`]) {
      await page.goto(made.url + path);
      expect(await page.title()).not.toMatch(/^owned|\u202e/);
      expect([path, await page.evaluate("document.documentElement.scrollWidth <= innerWidth")]).toEqual([path, true]);
    }
    expect(said).toEqual([]);
  });

  test("shows 1,000 alerts of any text in pages of fifty, and keeps its width on a phone", async () => {
    const made = await served({ yaml: MANY });
    const evil = [
      ...["<script>document.title='owned'</script>", "<style>*{display:none}</style>", "\u202eright to left\u2066"],
      ...[
        "W".repeat(9_000),
        `${"x ".repeat(50_000)}`,
        "a\u0301".repeat(5_000),
        "\u{1F600}".repeat(3_000),
        "\n\t\u0000\u001b[31m",
      ],
    ];
    made.sim.world.addServiceEvents(
      "svc-1",
      Array.from({ length: 1_000 }, (_, at) => ({
        occur_time: T0 + at,
        event_type: "abnormal",
        event_info: at < 960 ? `lost ${at}` : `${evil[at % evil.length]} ${at}`,
      })),
    );
    made.to(1);
    await made.beat();
    const page = await newPage({ viewport: { width: 360, height: 700 } });
    const said: string[] = [];
    page.on("dialog", (dialog) => said.push(dialog.message()));
    page.on("pageerror", (error) => said.push(error.message));
    let bytes = 0;
    page.on("response", async (answer) => {
      if (!answer.url().endsWith("/stream")) bytes += (await answer.body()).length;
    });
    await page.goto(made.url, { waitUntil: "load" });
    expect(await page.title()).toContain("1000 open");
    expect(bytes).toBeLessThan(100_000);
    expect(await page.locator(".alert").count()).toBe(50);
    await page.getByText("Page 1 of 20").waitFor();
    for (const to of ["/", "/events", "/?page=20"]) {
      await page.goto(made.url + to);
      expect(await page.title()).not.toMatch(/^owned/);
      expect([to, await page.evaluate("document.documentElement.scrollWidth <= innerWidth")]).toEqual([to, true]);
      expect(await page.locator("h1").isVisible()).toBe(true);
    }
    expect(said).toEqual([]);
  }, 60_000);

  test("two open pages see what is done on one of them", async () => {
    const made = await served({ yaml: YAML });
    made.fail(1, "lost it");
    await made.beats(2);
    const [one, other] = [await newPage(), await newPage()];
    for (const page of [one, other]) await page.goto(made.url);
    await one.getByRole("link", { name: "lost it" }).click();
    await one.getByRole("group", { name: "Take care of it" }).getByLabel("Your name").fill("ada");
    await one.getByRole("button", { name: "Acknowledge" }).click();
    await other.getByText("ada takes care of it").waitFor();
  });

  test("leaves what somebody typed, and the answer to a form, as they are while something changes", async () => {
    const made = await served({ yaml: YAML });
    made.fail(1, "lost it");
    await made.beats(2);
    const [page, other] = [await newPage(), await newPage()];
    await page.clock.install();
    for (const one of [page, other]) {
      await one.goto(made.url);
      await one.getByRole("link", { name: "lost it" }).click();
    }
    const silence = page.getByRole("group", { name: "Silence" });
    await silence.getByLabel("Your name").fill("ada");
    await silence.getByLabel("Why").fill("we move house");
    await silence.getByLabel("For").selectOption({ index: 2 });
    await page.getByRole("heading", { level: 1 }).click();
    const changes = async (count: number) => {
      made.fail(count, `lost ${count}`);
      await made.beats(count + 1);
      await other.getByText(`lost ${count}`).first().waitFor();
      await page.clock.runFor(5_000);
      await page.evaluate("fetch('/healthz').then(() => undefined)");
    };
    await changes(3);
    expect(await silence.getByLabel("Why").inputValue()).toBe("we move house");
    await silence.getByRole("button", { name: "Preview" }).click();
    const preview = page.getByText("It would have held");
    await preview.waitFor();
    await changes(5);
    expect(await preview.isVisible()).toBe(true);
  });

  test("goes on where somebody has typed what to search for and left it, and keeps that", async () => {
    const made = await served({ yaml: YAML });
    made.fail(1, "lost it");
    await made.beats(2);
    const page = await newPage();
    await page.clock.install();
    await page.goto(made.url);
    await page.getByLabel("Search").fill("lost");
    await page.getByRole("heading", { level: 1 }).click();
    made.recover(3);
    await made.beats(4);
    await expect
      .poll(
        async () => {
          await page.clock.runFor(1_000);
          return page.title();
        },
        { timeout: 20_000 },
      )
      .toContain("Nothing fires");
    expect(await page.getByLabel("Search").inputValue()).toBe("lost");
  });

  test("who is logged in comes from a link on another site, too, and who is not is asked for the token once", async () => {
    const made = await served({ yaml: YAML, token: TOKEN });
    const chat = createServer((_, answer) => {
      answer.setHeader("content-type", "text/html").end(`<a href="${made.url}/events?resource=svc-1">an alert</a>`);
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void chat.close());
    await once(chat, "listening");
    const page = await newPage();
    const follow = async () => {
      await page.goto(`http://localhost:${(chat.address() as AddressInfo).port}/`);
      await page.getByRole("link", { name: "an alert" }).click();
    };
    await follow();
    await page.getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Events" }).waitFor();
    expect(page.url()).toBe(`${made.url}/events?resource=svc-1`);
    await follow();
    await page.getByRole("heading", { name: "Events" }).waitFor();
    expect(page.url()).toBe(`${made.url}/events?resource=svc-1`);
  });

  test("fetches itself again now and then where nothing is pushed", async () => {
    const made = await served({ yaml: YAML, pushes: false });
    const page = await newPage();
    await page.clock.install();
    await page.goto(made.url);
    await page.getByText("reloads every 30 s").waitFor();
    made.fail(1, "lost it");
    await made.beats(2);
    await page.clock.runFor(40_000);
    await page.getByRole("link", { name: "lost it" }).waitFor();
  });

  test("reads everything without scripts", async () => {
    const made = await served({ yaml: YAML });
    made.fail(1, "lost it");
    await made.beats(2);
    const page = await newPage({ javaScriptEnabled: false });
    await page.goto(made.url);
    await page.getByRole("link", { name: "lost it" }).click();
    await page.getByText("The alert opened with this event").waitFor();
  });
});
