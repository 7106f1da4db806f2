// A real browser for tests: Debian's Chromium, headless. Where it is missing, tests are skipped by name; in CI it is
// required.
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const place = PLACES.find((path) => existsSync(path));

/** Why there is no browser; undefined where there is one, and in CI, where there must be. */
export const noBrowser =
  place === undefined && process.env["CI"] === undefined ? "Chromium is missing: apt-get install chromium" : undefined;

/** It takes a second of a core to start: one serves all tests of a file, each with a context of its own. */
export async function startBrowser(): Promise<Browser> {
  if (place === undefined) throw new Error("these tests need Chromium: apt-get install chromium");
  return chromium.launch({ executablePath: place, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}
