// Draws the console as it is over the simulated cloud: light, dark and on a phone, for the README and docs/console.md.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium, type Page } from "playwright-core";
import { smallPng } from "./pictures/png.ts";

const ROOT = join(import.meta.dirname, "..");
const CHROMIUM = "/usr/bin/chromium";
/** Until then enough has happened to be worth a picture; ms. */
const PLAYED_MS = 25_000;

const PICTURES: readonly [file: string, scheme: "light" | "dark", width: number, height: number][] = [
  ["console-light.png", "light", 1100, 760],
  ["console-dark.png", "dark", 1100, 760],
  ["console-phone.png", "light", 390, 760],
];

const demo = spawn(process.execPath, ["bin/lookout.js", "start", "--for", "90"], { stdio: "pipe" });
try {
  const address = await addressOf(demo);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const first = await browser.newPage();
  await first.goto(address);
  await first.waitForTimeout(PLAYED_MS);
  await takeOne(first, address);
  for (const [file, colorScheme, width, height] of PICTURES) {
    const page = await browser.newPage({ colorScheme, viewport: { width, height } });
    await page.goto(address);
    writeFileSync(join(ROOT, "docs", file), smallPng(await page.screenshot()));
  }
  writeFileSync(join(ROOT, "docs", "console-alert.png"), smallPng(await first.screenshot({ fullPage: true })));
  await browser.close();
} finally {
  demo.kill("SIGTERM");
  await once(demo, "exit");
}

/** What `npm start` prints: "The same as a page: http://…". */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stdout! })) {
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error("npm start named no page");
}

/** Somebody takes care of one alert, so that the pictures show how that looks; its page stays open. */
async function takeOne(page: Page, address: string): Promise<void> {
  await page.setViewportSize({ width: 1100, height: 760 });
  await page.goto(address);
  await page.locator(".alert h2 a").last().click();
  await page.getByLabel("Your name").first().fill("Ada");
  await page.getByRole("button", { name: "Acknowledge" }).click();
  await page.getByText("Ada takes care of it").first().waitFor();
  await page.goto(page.url().replace(/\?.*/, ""));
}
