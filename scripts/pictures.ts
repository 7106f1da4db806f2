// Draws docs/channels/<type>.png: what each channel really sends for an alert that opens, thirty at once and one that
// is over, as its service would show it. `npm run pictures [TYPE…]`, which wants Chromium
// (apt-get install chromium fonts-noto-color-emoji).
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { NotifiedAlert } from "../lib/model/notification.ts";
import { examples } from "./pictures/examples.ts";
import { smallPng } from "./pictures/png.ts";
import { type Receivers, sentBy, startReceivers } from "./pictures/requests.ts";
import { SERVICES } from "./pictures/services.ts";

const FOLDER = join(import.meta.dirname, "../docs/channels");
const CHROMIUM = "/usr/bin/chromium";
const WIDTH = 620;
const PAGE = `
body { margin: 0; padding: 14px; width: ${WIDTH - 28}px; font: 14px/1.4 sans-serif; color: #1d1c1d; background: #fff }
.message { max-height: 520px; overflow: hidden; margin-bottom: 18px } .message:last-child { margin: 0 }
.cut { mask-image: linear-gradient(#000 calc(100% - 60px), #0000) }`;

async function pageOf(type: string, receivers: Receivers): Promise<string> {
  const { options, mention, draw } = SERVICES[type]!;
  const resolved = typeof options === "function" ? options(receivers) : options;
  const links = ({ id, status }: NotifiedAlert) => [
    { text: "Console", url: "https://console.otc.t-systems.com/modelarts/" },
    { text: "Lookout", url: `https://lookout.example.com/alerts/${id}` },
    ...(status === "firing" ? [{ text: "Acknowledge", url: `https://lookout.example.com/ack/${id}/1/x` }] : []),
  ];
  const drawn = [];
  for (const { notification, mentions, now } of examples(type)) {
    const context = { now, timezone: "Europe/Berlin", attempt: 1, links };
    const called = mentions && mention !== undefined ? { mentions: [mention] } : {};
    const sent = await sentBy(type, resolved, notification, { ...context, ...called }, receivers);
    drawn.push(draw(sent, now));
  }
  const messages = drawn.map(({ html }) => `<div class="message">${html}</div>`).join("");
  const cut = `for (const one of document.querySelectorAll(".message"))
    if (one.scrollHeight > one.clientHeight) one.classList.add("cut")`;
  return `<!doctype html><meta charset="utf-8"><style>${PAGE}${drawn[0]!.style}</style><body>${messages}<script>${cut}</script>`;
}

const [, , ...wanted] = process.argv;
// Which nobody checks: the SDK signs nothing without them.
Object.assign(process.env, { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "k" });
const receivers = await startReceivers();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
mkdirSync(FOLDER, { recursive: true });
for (const type of wanted.length > 0 ? wanted : Object.keys(SERVICES)) {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 100 } });
  await page.setContent(await pageOf(type, receivers));
  const picture = smallPng(await page.screenshot({ fullPage: true }));
  writeFileSync(join(FOLDER, `${type}.png`), picture);
  console.log(`docs/channels/${type}.png: ${Math.ceil(picture.length / 1_000)} KB`);
  await page.close();
}
await Promise.all([browser.close(), receivers.close()]);
