// YAML's own errors in words for people; what follows from an earlier error is left out.
import { Lexer, type Document as YamlDocument } from "yaml";
import { type Finding, findingAt, type Location } from "./finding.ts";

/** After one of these the parser has lost its place, and what it reports next says nothing. */
const LOST = new Set(["UNEXPECTED_TOKEN", "MISSING_CHAR", "BAD_SCALAR_START", "IMPOSSIBLE"]);
const WORDS: Readonly<Record<string, [message: string, hint?: string]>> = {
  MULTIPLE_DOCS: ["a second document begins here", "one file holds one document: remove the ---"],
  TAB_AS_INDENT: ["a tab indents this line", "indent with spaces"],
  BLOCK_AS_IMPLICIT_KEY: ["a map cannot begin here", 'quote a value that holds ": "'],
  BAD_ALIAS: ["this is no alias", "quote a value that begins with * or &"],
};
const RESERVED = /^Plain value cannot start with/;

export function syntaxFindings(text: string, yaml: YamlDocument.Parsed, at: (offset: number) => Location): Finding[] {
  const unquoted = unquotedReferences(text);
  const findings = unquoted.map((offset) =>
    findingAt(at(offset), [], "a ${…} inside braces or brackets must be quoted", 'write "${…}" with quotes'),
  );
  const first = unquoted[0] ?? Number.POSITIVE_INFINITY;
  const problems = [...yaml.errors, ...yaml.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  for (const { code, message, pos } of problems) {
    if (pos[0] >= first) break;
    const [words, hint] = WORDS[code] ?? [sentence(message), RESERVED.test(message) ? "quote it" : undefined];
    findings.push(findingAt(at(pos[0]), [], words, hint));
    if (LOST.has(code)) break;
  }
  return findings;
}

function sentence(message: string): string {
  return `this is not valid YAML: ${message}`;
}

/** Offsets of `${` where the braces belong to YAML: a plain scalar in a flow collection ends at the `$`. */
function unquotedReferences(text: string): number[] {
  if (!text.includes("${")) return [];
  const offsets: number[] = [];
  let offset = 0;
  let previous = "";
  for (const token of new Lexer().lex(text)) {
    // Document, flow error and scalar marks take no place in the text.
    if (token === "\u0002" || token === "\u0018" || token === "\u001f") continue;
    if (token === "{" && previous.endsWith("$") && !/^["'#]/.test(previous)) offsets.push(offset - 1);
    offset += token.length;
    previous = token;
  }
  return offsets;
}
