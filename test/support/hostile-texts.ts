// Texts that somebody hostile would write into an event, and what of them must never reach a
// terminal or a log as it is.

/** What steers a terminal, turns the direction of writing, hides, or begins another line. */
const CONTROL: [name: string, text: string][] = [
  ["a colour", "\u001b[31mred\u001b[0m"],
  ["hidden text", "\u001b[8mhidden\u001b[28m"],
  ["a cleared screen", "\u001b[2J\u001b[H"],
  ["a line that is overwritten", "all is well\r\u001b[2K"],
  ["a title", "\u001b]0;title\u0007"],
  ["a link", "\u001b]8;;http://evil.example\u001b\\link\u001b]8;;\u001b\\"],
  ["a clipboard", "\u001b]52;c;ZWNobw==\u0007"],
  ["an answer of the terminal", "\u001b[6n\u001b[c\u001bP$q\u001b\\"],
  ["a colour in C1", "\u009b31mred\u009b0m"],
  ["a title in C1", "\u009d0;title\u009c"],
  ["a string in C1", "\u0090string\u009c\u0098\u009e\u009f"],
  ["backspaces", "rm\b\bls"],
  ["delete and bell", "a\u007fb\u0007"],
  ["a null", "a\u0000b"],
  ["vertical white space", "a\u000bb\u000cc\u0085d"],
  ["an override of the direction", "exe.\u202egnp.\u202c"],
  ["an isolate", "\u2066a\u2069\u2067b\u2068"],
  ["marks of direction", "\u200e\u200f\u061c"],
  ["zero width", "a\u200bb\u2060c\ufeffd\u180ee\u00adf"],
  ["a joiner between letters", "a\u200db\u200cc"],
  ["tags", "a\u{e0001}\u{e0041}\u{e007f}b"],
  ["annotations", "\ufff9a\ufffab\ufffb"],
  ["fillers", "a\u3164b\u115fc\uffa0d"],
  ["another line of the log", "x\n2026-11-20T10:00:00.000Z error FORGED everything is lost"],
  ["another line after a return", "x\r\n2026-11-20T10:00:00.000Z error FORGED"],
  ["another line by separators", "x\u2028FORGED\u2029FORGED"],
  ["half surrogates", "a\ud83db\ude00c"],
];

/** All of them, named. */
export const hostileTexts: readonly [name: string, text: string][] = CONTROL;

/** What may not be in anything that is written to a screen, its new lines and tabs aside. */
export const STEERS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]|\u034f|\p{Surrogate}|(?<!\p{Extended_Pictographic}\ufe0f?|[\u{1f3fb}-\u{1f3ff}])\u200d|\u200d(?!\p{Extended_Pictographic})/u;

/** Text of people that stays as it is. */
export const HARMLESS = "训练作业失败 — größer: e\u0301 مرحبا 👩‍🚒 👍🏽 🏳️‍🌈 ❤️";
