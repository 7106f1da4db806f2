// A text as it reads once its escapes are undone (JSON's, percent signs, HTML's, mail's) and tags and what nobody sees
// are left out, as it is where it is shown, with the place of each character.

/** A decoded text. */
export interface View {
  text: string;
  /** Where the character at a place begins in the original. */
  from(at: number): number;
  /** Where the character before a place ends in the original. */
  to(at: number): number;
}

/** JSON's, percent signs, HTML's, and what nobody sees. */
const FORMS = [
  /\\(?:u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|["'\\/bfnrt])/giu,
  /(?:%[0-9a-f]{2})+/giu,
  /&(?:#\d{1,7};?|#x[0-9a-f]{1,6};?|(?:amp|lt|gt|quot|apos);)/giu,
  /[\p{Cf}\p{DI}]/gu,
];
const ESCAPE = new RegExp(FORMS.map(({ source }) => source).join("|"), "giu");
/** By themselves: what follows an equals sign in an address or a query may look like one. */
const QUOTED = /(?:=[0-9a-f]{2})+|=[ \t]{0,20}\r?\n/gi;
/** Likewise what an address in a tag holds. */
const TAGS = /<[^<>]*>/g;
const MAY_HOLD = /[\\%&\p{Cf}\p{DI}]/u;
const BY_LETTER: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const BY_NAME: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * The text without one layer of escapes, without one of quoted-printable, and without tags; as far as there are some.
 * With `separately`, also without those of one form alone: a secret that looks like an escape of another form is then
 * left as it is.
 */
export function decodings(text: string, separately: boolean): View[] {
  const views: View[] = [];
  if (MAY_HOLD.test(text)) {
    addUndone(views, text, ESCAPE);
    if (separately) for (const form of FORMS) addUndone(views, text, form);
  }
  if (text.includes("=")) addUndone(views, text, QUOTED);
  if (text.includes("<")) addUndone(views, text, TAGS);
  return views;
}

/** Undoing the escapes of a text that holds this value would change the value, too. */
export function looksEscaped(value: string): boolean {
  return decodings(value, false).length > 0;
}

function addUndone(views: View[], text: string, form: RegExp): void {
  const decoded = text.replace(form, meaning);
  if (decoded !== text) views.push(viewOf(decoded, text, form));
}

/** An escape: where what it stands for begins and ends in the decoded text, and where itself does before. */
type Mark = readonly [begin: number, end: number, from: number, to: number];

/** Places are only found out where they are asked for: hardly any text holds a secret. */
function viewOf(text: string, before: string, form: RegExp): View {
  let known: Mark[] | undefined;
  /** The last escape that begins at or before a place. */
  function markAt(at: number): Mark | undefined {
    known ??= marksOf(before, form);
    let low = 0;
    let high = known.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (known[middle]![0] <= at) low = middle + 1;
      else high = middle;
    }
    return known[low - 1];
  }
  return {
    text,
    from(at) {
      const mark = markAt(at);
      if (mark === undefined) return at;
      return at < mark[1] ? mark[2] : mark[3] + at - mark[1];
    },
    to(at) {
      const mark = markAt(at - 1);
      if (mark === undefined) return at;
      return at <= mark[1] ? mark[3] : mark[3] + at - mark[1];
    },
  };
}

function marksOf(text: string, form: RegExp): Mark[] {
  const marks: Mark[] = [];
  /** How much shorter the decoded text is so far. */
  let less = 0;
  for (const { 0: written, index } of text.matchAll(form)) {
    const begin = index - less;
    const { length } = meaning(written);
    marks.push([begin, begin + length, index, index + written.length]);
    less += written.length - length;
  }
  return marks;
}

function meaning(written: string): string {
  if (!/^[\\%&=]/.test(written)) return "";
  const kind = written.charAt(1).toLowerCase();
  if (/^[%=]/.test(written)) return Buffer.from(written.replace(/[%=\s]/g, ""), "hex").toString();
  if (written.startsWith("&")) return kind === "#" ? numbered(written) : BY_NAME[written.slice(1, -1).toLowerCase()]!;
  if (written.length === 2) return BY_LETTER[kind] ?? written.charAt(1);
  return charOf(Number.parseInt(written.replace(/^..\{?/, ""), 16), written);
}

function numbered(entity: string): string {
  const digits = entity.slice(2).replace(";", "");
  return charOf(/^x/i.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number(digits), entity);
}

function charOf(point: number, written: string): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : written;
}
