// Parses YAML in small pieces, between which others have their turn, and stops where a text is beyond all bounds.
import { setImmediate as turn } from "node:timers/promises";
import {
  Composer,
  type CST,
  Lexer,
  type LineCounter,
  Parser,
  YAMLParseError,
  type Document as YamlDocument,
} from "yaml";
import { ENOUGH } from "./finding.ts";

/** Levels of lists and maps; what reads them further on calls itself for each. */
export const MAX_DEPTH = 100;
/** The document, and a scalar. */
const MAX_STACK = MAX_DEPTH + 2;
/**
 * Five for each value that a file may hold: an ordinary one has four. What yaml makes of them, it makes in one turn.
 */
const MAX_LEXEMES = 30_000;
/** Characters of one text: yaml reads it character by character, in one turn. */
const MAX_TEXT = 100_000;
const TOO_LONG = `a text has more than ${MAX_TEXT} characters`;
/** What yaml remembers of a blank line takes as much as a value. */
const MAX_LINES = 100_000;
const TOO_MANY_LINES = `there are more than ${MAX_LINES} lines`;
/** New lines, spaces and comments. */
const NOTHING = /^[\s#]/;
/** Some milliseconds. */
const LEXEMES_AT_ONCE = 2_000;

export const TOO_DEEP = "is nested too deeply";
/** Values that a file may have, beyond any configuration: what yaml makes of more would hold up all else meanwhile. */
export const MAX_VALUES = 6_000;
export const TOO_MANY = `there are more than ${MAX_VALUES} values: put rules into files that it includes, or have targets discovered`;

/** How yaml is to read. The tree finds duplicates, in linear time. */
export const OPTIONS = { prettyErrors: false, uniqueKeys: false, schema: "core", resolveKnownTags: false } as const;

/** Hands over one lexeme after another, in turns, until `visit` returns false. */
export async function eachLexeme(text: string, visit: (lexeme: string) => boolean): Promise<void> {
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (!visit(lexeme)) return;
    if (++count % LEXEMES_AT_ONCE === 0) await turn();
  }
}

interface Parsed {
  yaml: YamlDocument.Parsed;
  /** Where it was given up, and why: `yaml` then has only what came before. */
  tooMuch: { offset: number; message: string } | undefined;
}

/** As `parseDocument` of yaml; `counter` learns where the lines begin. */
export async function parseYaml(text: string, counter: LineCounter): Promise<Parsed> {
  counter.addNewLine(0);
  const parser = new Parser(counter.addNewLine);
  const tokens: CST.Token[] = [];
  let documents = 0;
  let lexemes = 0;
  let lines = 0;
  let tooMuch: Parsed["tooMuch"];
  const keep = (token: CST.Token): void => {
    // Comments mean nothing, and a file may consist of them.
    if (token.type === "comment" || token.type === "newline" || token.type === "space") return;
    if (token.type === "document") documents++;
    tokens.push(token);
  };
  await eachLexeme(text, (lexeme) => {
    const { offset } = parser;
    for (const token of parser.next(lexeme)) keep(token);
    if (parser.stack.length > MAX_STACK) tooMuch = { offset, message: TOO_DEEP };
    else if (lexeme.length > MAX_TEXT && !lexeme.startsWith("#")) tooMuch = { offset, message: TOO_LONG };
    else if (!NOTHING.test(lexeme)) lexemes++;
    else if (lexeme.endsWith("\n") && ++lines > MAX_LINES) tooMuch = { offset, message: TOO_MANY_LINES };
    if (lexemes > MAX_LEXEMES || tokens.length > ENOUGH) tooMuch ??= { offset, message: TOO_MANY };
    // A second document is wrong already.
    return tooMuch === undefined && documents < 2;
  });
  if (!tooMuch) for (const token of parser.end()) keep(token);
  await turn();
  return { yaml: composed(tokens, text.length), tooMuch };
}

/** This part has no pieces: yaml makes values of all tokens in one turn. */
function composed(tokens: readonly CST.Token[], end: number): YamlDocument.Parsed {
  // Each of yaml's complaints is an Error, and where in yaml it was made takes most of the time to make it.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const [first, second] = new Composer(OPTIONS).compose(tokens, true, end);
    if (second) {
      const [from, to] = second.range;
      first!.errors.push(new YAMLParseError([from, to], "MULTIPLE_DOCS", "Source contains multiple documents"));
    }
    return first!;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
