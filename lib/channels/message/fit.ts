// How many alerts get how much of a message: every name before any details, the first ones' details with what is left.
import { shareOf } from "./alert-lines.ts";
import type { Line, Medium } from "./medium.ts";
import { countsText, type News, toneOf } from "./news.ts";
import { alertTitle } from "./title.ts";

/**
 * How long a name may be, from as it is to as short as still says something; the longest at which
 * all names fit is taken.
 */
const NAME_SHARES = [0.15, 0.06, 0.03, 0.02] as const;
/** What a name may cost, however little the medium holds: less of it would say nothing. */
const LEAST_NAME = 40;

/** What the least that is worth saying of the news may cost: a short name, and how many more there are. */
export function leastOf(lead: readonly News[], medium: Medium): number {
  const name = medium.line({ text: "", strong: true }) + LEAST_NAME;
  return medium.frame + name + (lead.length > 1 ? medium.line(more(lead)) : 0);
}

/** The details of an alert that is named already, as many lines as cost at most `room`. */
export function detailed(details: readonly Line[], medium: Medium, room: number): Line[][] {
  const block = linesWithin(details, room - medium.frame, medium);
  return block.length === 0 ? [] : [block];
}

/** The alerts as blocks that cost at most `room`: at most `most` of one alert each, and the list of the others. */
export function fitted(
  lead: readonly News[],
  detailsOf: (news: News) => Line[],
  medium: Medium,
  room: number,
  most: number,
): Line[][] {
  const space = room - medium.frame;
  for (const share of NAME_SHARES) {
    const names = namesWithin(space, lead, share, medium);
    if (names.length === lead.length) return withDetails(names, lead, detailsOf, medium, space, most);
  }
  const names = namesWithin(space - medium.line(more(lead)), lead, NAME_SHARES.at(-1)!, medium);
  // Where there is no room for that either, the title has counted them.
  const block = linesWithin([...names, more(lead.slice(names.length))], space, medium);
  return block.length === 0 ? [] : [block];
}

/** The names of the first alerts, as many as cost at most `space`. */
function namesWithin(space: number, lead: readonly News[], share: number, medium: Medium): Line[] {
  const width = Math.max(shareOf(medium, share), LEAST_NAME);
  const names: Line[] = [];
  let left = space;
  for (const news of lead) {
    const text = alertTitle(news, width, medium.text);
    const name: Line = { text, strong: true, tone: toneOf(news.alert) };
    left -= medium.line(name);
    if (left < 0) break;
    names.push(name);
  }
  return names;
}

/** The first alerts with their details, line by line while there is room; the others as one list of names. */
function withDetails(
  names: readonly Line[],
  lead: readonly News[],
  detailsOf: (news: News) => Line[],
  medium: Medium,
  space: number,
  most: number,
): Line[][] {
  const blocks: Line[][] = [];
  let left = space - costOf(names, medium);
  for (const [index, news] of lead.slice(0, most).entries()) {
    const details = detailsOf(news);
    left -= medium.frame;
    const block = linesWithin(details, left, medium);
    left -= costOf(block, medium);
    if (block.length > 0) blocks.push([names[index]!, ...block]);
    if (block.length < details.length) break;
  }
  const rest = names.slice(blocks.length);
  return rest.length === 0 ? blocks : [...blocks, rest];
}

/** The first lines that cost at most `room` together. */
export function linesWithin(lines: readonly Line[], room: number, medium: Medium): Line[] {
  let left = room;
  const end = lines.findIndex((line) => {
    left -= medium.line(line);
    return left < 0;
  });
  return lines.slice(0, end === -1 ? lines.length : end);
}

function costOf(lines: readonly Line[], medium: Medium): number {
  return lines.reduce((sum, line) => sum + medium.line(line), 0);
}

function more(rest: readonly News[]): Line {
  return { text: `+${rest.length} more: ${countsText(rest.map(({ alert }) => alert))}` };
}
