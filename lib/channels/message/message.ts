// What every chat says about a notification, as plain lines that each channel writes in its own markup: its news first,
// each by name, and the rest counted. A message never exceeds its medium's limit.
import { timeIn } from "../../model/local-time.ts";
import type { Counted, NotifiedAlert, Told } from "../../model/notification.ts";
import { oneLine } from "../../model/printable.ts";
import type { RenderContext, Words } from "../port.ts";
import { alertLines, aside, fieldsText, linkLines, type Shown } from "./alert-lines.ts";
import { detailed, fitted } from "./fit.ts";
import { blockCost, type Line, type Medium } from "./medium.ts";
import { countsText, type News, newsOf, type Tone, toneOf } from "./news.ts";
import { cut } from "./plain.ts";
import { titleOf } from "./title.ts";

export interface Message {
  /** One line of at most 150 characters that names the news. */
  title: string;
  /** Of the most urgent alert. */
  tone: Tone;
  blocks: Line[][];
}

const TEST_NOTE = "This is a test message of Lookout. Nothing has happened.";

/** The message, within the medium's limit. */
export function compose(notification: Told, context: RenderContext, medium: Medium): Message {
  const { lead, known } = newsOf(notification);
  const [first] = lead;
  const { words } = context;
  const title = titleOf(notification, lead, words?.title);
  const head = notification.test ? [[aside(TEST_NOTE, medium)]] : [];
  const shown: Shown = {
    time: timeIn(context.timezone),
    links: context.links ?? (() => []),
    said: new Set(),
  };
  const foot = [
    ...(words ? linksBelow(lead, shown, medium) : around(notification, known, medium)),
    ...(context.note === undefined ? [] : [[aside(context.note, medium)]]),
  ];
  const frame: Line[][] = [[{ text: title, strong: true }], ...head, ...foot];
  const room = frame.reduce((left, block) => left - blockCost(block, medium), medium.limit);
  const most = (medium.blocks ?? Number.POSITIVE_INFINITY) - frame.length - 1;
  const details = (news: News) => alertLines(news, shown, medium);
  const isNamed = first !== undefined && lead.length === 1 && title.includes(oneLine(first.alert.summary));
  const news = () => (isNamed ? detailed(details(first), medium, room) : fitted(lead, details, medium, room, most));
  return {
    title,
    tone: first ? toneOf(first.alert) : "info",
    blocks: [...head, ...(words ? ownWords(words, medium, room) : first ? news() : []), ...foot],
  };
}

/** What stands beneath the news. */
function around(notification: Told, known: readonly NotifiedAlert[], medium: Medium): Line[][] {
  const texts = [knownBefore(known, notification.counted), heldBack(notification)].filter((text) => text !== "");
  return [...texts.map((text) => [aside(text, medium)]), ...groupOf(notification, medium)];
}

/** The pages about the one alert that a message in a user's words is about. */
function linksBelow([first, ...others]: readonly News[], shown: Shown, medium: Medium): Line[][] {
  if (!first || others.length > 0) return [];
  const lines = linkLines(first.alert, shown, medium);
  return lines.length === 0 ? [] : [lines];
}

/** The lines of a user's template, as many as there is room for; the last of them is cut. */
function ownWords({ lines }: Words, medium: Medium, room: number): Line[][] {
  const block: Line[] = [];
  let left = room - medium.frame;
  for (const line of lines) {
    const cost = medium.line({ text: line });
    if (cost > left) {
      const text = cut(line, left - medium.line({ text: "" }) - medium.text("…"), medium.text);
      if (text !== "…") block.push({ text });
      break;
    }
    block.push({ text: line });
    left -= cost;
  }
  return block.length === 0 ? [] : [block];
}

/** About the alerts that people have been notified of; `counted`: those that the notification does not have. */
function knownBefore(known: readonly NotifiedAlert[], counted: Counted = { alerts: {}, newCount: 0 }): string {
  const number = Object.values(counted.alerts).reduce((sum, one) => sum + one, known.length);
  if (number === 0) return "";
  const fresh = known.reduce((sum, { newCount }) => sum + newCount, counted.newCount);
  const matches = fresh === 0 ? "no new match" : `${fresh} new ${fresh === 1 ? "match" : "matches"}`;
  return `Notified before, still firing: ${number} (${countsText(known, counted)}), ${matches}`;
}

/** What several alerts have in common. */
function groupOf({ group, alerts }: Told, medium: Medium): Line[][] {
  if (alerts.length < 2 || Object.keys(group).length === 0) return [];
  return [[aside(`Group: ${fieldsText(group)}`, medium, 0.05)]];
}

/** What silences, mutes and inhibition kept from this channel. */
function heldBack({ suppressed }: Told): string {
  const parts = Object.entries(suppressed).filter(([, number]) => number > 0);
  return parts.length === 0
    ? ""
    : `Held back, not shown: ${parts.map(([how, number]) => `${number} ${how}`).join(", ")}`;
}
