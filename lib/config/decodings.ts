// A text as it reads once its escapes are undone (JSON's, percent signs, HTML's), each character with its place in the text.

/** A decoded text. */
export interface View {
  text: string;
  /** Where the character at a place begins in the original. */
  from(at: number): number;
  /** Where the character before a place ends in the original. */
  to(at: number): number;
}

/** What was encoded is often encoded again: JSON in JSON, an address in an address. */
const LAYERS = 3;
const ESCAPE =
  /\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\(["'\\/bfnrt])|((?:%[0-9a-f]{2})+)|&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi;
const BY_LETTER: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const BY_NAME: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text decoded once, twice and three times, as far as that makes a difference; nothing for a text without escapes. */
export function decodings(text: string): View[] {
  const views: View[] = [];
  let last: View = { text, from: (at) => at, to: (at) => at };
  while (views.length < LAYERS && /[\\%&]/.test(last.text)) {
    const next = decode(last);
    if (next.text === last.text) break;
    views.push(next);
    last = next;
  }
  return views;
}

function decode(view: View): View {
  const { text } = view;
  /** Of each escape: where what it stands for begins and ends here, and where the escape does in the view. */
  const marks: [begin: number, end: number, from: number, to: number][] = [];
  let decoded = "";
  let end = 0;
  for (const match of text.matchAll(ESCAPE)) {
    decoded += text.slice(end, match.index);
    const meant = meaning(match);
    end = match.index + match[0].length;
    marks.push([decoded.length, decoded.length + meant.length, match.index, end]);
    decoded += meant;
  }
  decoded += text.slice(end);
  /** The last escape that begins at or before a place. */
  function markAt(at: number): (typeof marks)[number] | undefined {
    let low = 0;
    let high = marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (marks[middle]![0] <= at) low = middle + 1;
      else high = middle;
    }
    return marks[low - 1];
  }
  return {
    text: decoded,
    from(at) {
      const mark = markAt(at);
      if (mark === undefined) return view.from(at);
      return view.from(at < mark[1] ? mark[2] : mark[3] + at - mark[1]);
    },
    to(at) {
      const mark = markAt(at - 1);
      if (mark === undefined) return view.to(at);
      return view.to(at <= mark[1] ? mark[3] : mark[3] + at - mark[1]);
    },
  };
}

function meaning([whole, unit, byte, letter, percents, decimal, hex, name]: RegExpExecArray): string {
  if (unit ?? byte) return String.fromCharCode(Number.parseInt((unit ?? byte)!, 16));
  if (letter) return BY_LETTER[letter] ?? letter;
  if (percents) return Buffer.from(percents.replaceAll("%", ""), "hex").toString();
  if (name) return BY_NAME[name.toLowerCase()]!;
  const point = decimal ? Number(decimal) : Number.parseInt(hex!, 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
}
