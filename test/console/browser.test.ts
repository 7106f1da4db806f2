// The pages in a real browser: live without a reload, by keyboard, for screen readers, and with hostile texts.
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { openAlerts } from "../../lib/app/queries/lists.ts";
import { noBrowser, startBrowser } from "../support/chromium.ts";
import { served } from "./served.ts";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const YAML = `
rules:
  - { id: down, when: { level: [error] }, severity: critical, resolve: { when: { source: [service-events], level: [normal] } } }
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
  test("shows what fires as it happens, who takes it, and its end, without a reload", async () => {
    const made = await served({ yaml: YAML });
    const page = await (await startBrowser()).newPage();
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
    const page = await (await startBrowser()).newPage();
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
      const page = await (await startBrowser()).newPage({ colorScheme });
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
    const page = await (await startBrowser()).newPage({ viewport: { width: 360, height: 700 } });
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

  test("reads everything without scripts", async () => {
    const made = await served({ yaml: YAML });
    made.fail(1, "lost it");
    await made.beats(2);
    const page = await (await (await startBrowser()).newContext({ javaScriptEnabled: false })).newPage();
    await page.goto(made.url);
    await page.getByRole("link", { name: "lost it" }).click();
    await page.getByText("The alert opened with this event").waitFor();
  });
});
