// YAML's own errors in words for people, none of them the file's, which may be secrets; what follows
// from an earlier error is left out.
import { Scalar, visit, type Document as YamlDocument } from "yaml";
import { ENOUGH, type Finding, findingAt, type Location } from "./finding.ts";
import { eachLexeme } from "./parse.ts";

/** After one of these the parser has lost its place, and what it reports next says nothing. */
const LOST = new Set(["UNEXPECTED_TOKEN", "MISSING_CHAR", "BAD_SCALAR_START", "IMPOSSIBLE"]);
const WORDS: Readonly<Record<string, [message: string, hint?: string]>> = {
  MULTIPLE_DOCS: ["a second document begins here", "one file holds one document: remove the ---"],
  TAB_AS_INDENT: ["a tab indents this line", "indent with spaces"],
  BLOCK_AS_IMPLICIT_KEY: ["a map cannot begin here", 'quote a value that holds ": "'],
  BAD_ALIAS: ["this is no alias", "quote a value that begins with * or &"],
  TAG_RESOLVE_FAILED: ["there is no such tag", "quote a value that begins with !"],
  BAD_COLLECTION_TYPE: ["there is no such tag", "quote a value that begins with !"],
  BAD_DIRECTIVE: ["this is no directive", "quote a value that begins with %"],
  BAD_DQ_ESCAPE: ["this is no escape in double quotes", "write \\\\ for a backslash, or use single quotes"],
};
/** A reference from its beginning to its end, on one line. */
const REFERENCE = /^\$\{[^{}\r\n]*\}/;
const MAX_REFERENCE = 1_000;
const RESERVED = /^Plain value cannot start with/;

/** What YAML itself says of the text up to `end`. */
export function syntaxFindings(yaml: YamlDocument.Parsed, at: (offset: number) => Location, end: number): Finding[] {
  const findings: Finding[] = [];
  const problems = [...yaml.errors, ...yaml.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  for (const { code, message, pos } of problems) {
    if (pos[0] >= end || findings.length >= ENOUGH) break;
    const [words, hint] = WORDS[code] ?? [sentence(message), RESERVED.test(message) ? "quote it" : undefined];
    findings.push(findingAt(at(pos[0]), [], words, hint));
    if (LOST.has(code)) break;
  }
  return findings;
}

/** A text whose unquoted references are replaced, so that YAML can read the rest. */
export interface SetAside {
  /** A plain word of the same length stands for each reference: everything else is where it was. */
  text: string;
  /** Where one begins whose end cannot be found: YAML has lost its place from here on. */
  lostAt: number;
  findings(at: (offset: number) => Location): Finding[];
  /** Puts the references back into the values that were read. */
  restore(yaml: YamlDocument.Parsed): void;
}

export async function setAsideUnquoted(text: string): Promise<SetAside> {
  const offsets = await unquotedReferences(text);
  let patched = "";
  // Behind so many it is no more looked for others.
  let lostAt = offsets.length >= ENOUGH ? offsets.at(-1)! : Number.POSITIVE_INFINITY;
  for (const offset of offsets) {
    const length = REFERENCE.exec(text.slice(offset, offset + MAX_REFERENCE))?.[0].length ?? 0;
    if (length === 0) lostAt = Math.min(lostAt, offset);
    patched += text.slice(patched.length, offset) + "_".repeat(length);
  }
  patched += text.slice(patched.length);
  return {
    text: patched,
    lostAt,
    findings: (at) =>
      offsets.map((offset) =>
        findingAt(at(offset), [], "a ${…} inside braces or brackets must be quoted", 'write "${…}" with quotes'),
      ),
    restore(yaml) {
      if (offsets.length === 0) return;
      visit(yaml, {
        Scalar(_key, node) {
          const [from, to] = node.range ?? [0, 0];
          const written = text.slice(from, to);
          if (node.type === Scalar.PLAIN && written !== patched.slice(from, to)) node.value = written;
        },
      });
    },
  };
}

/** What is quoted of the file stands at the end, after a colon. */
function sentence(message: string): string {
  return `this is not valid YAML: ${message.replace(/(?<=\w): .*/s, "")}`;
}

/** Offsets of `${` where the braces belong to YAML: a plain scalar in a flow collection ends at the `$`. */
async function unquotedReferences(text: string): Promise<number[]> {
  if (!text.includes("${")) return [];
  const offsets: number[] = [];
  let offset = 0;
  let previous = "";
  await eachLexeme(text, (lexeme) => {
    // Document, flow error and scalar marks take no place in the text.
    if (lexeme === "\u0002" || lexeme === "\u0018" || lexeme === "\u001f") return true;
    if (lexeme === "{" && previous.endsWith("$") && !/^["'#]/.test(previous)) offsets.push(offset - 1);
    offset += lexeme.length;
    previous = lexeme;
    return offsets.length < ENOUGH;
  });
  return offsets;
}
