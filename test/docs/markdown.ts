// Reads the project's documents as their readers do: headings, links, fenced blocks and code in the text.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

export interface Fence {
  language: string;
  /** Without the indentation of the list it may stand in. */
  code: string;
}

export interface Page {
  /** Relative to the checkout, such as `docs/rules.md`. */
  path: string;
  text: string;
  fences: Fence[];
  /** Inline code, in order. */
  spans: string[];
  /** What links point to, as written. */
  links: string[];
  /** The names under which GitHub lets its headings be linked to. */
  anchors: string[];
}

const FENCE = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;

export function readPage(path: string): Page {
  return parsePage(path, readFileSync(join(ROOT, path), "utf8"));
}

export function parsePage(path: string, text: string): Page {
  const fences = [...text.matchAll(FENCE)].map(([, indent = "", language = "", code = ""]) => {
    return { language, code: code.replace(new RegExp(`^${indent}`, "gm"), "") };
  });
  const prose = text.replace(FENCE, "");
  return {
    path,
    text,
    fences,
    spans: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code),
    links: [...prose.replace(/`[^`\n]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target),
    anchors: [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading)),
  };
}

/** Every document that is written for people, except those of dependencies. */
export function readPages(): Page[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith(".md"));
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  const below = docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
  return [...top, ...below].map(readPage);
}

/** The part of a page under one heading, as a page of its own. */
export function sectionOf({ path, text }: Page, heading: string): Page {
  const begin = text.indexOf(`\n## ${heading}\n`);
  if (begin < 0) throw new Error(`${path} has no section "${heading}"`);
  const end = text.indexOf("\n## ", begin + 1);
  return parsePage(path, text.slice(begin, end < 0 ? undefined : end));
}

/** https://github.com/gjtorikian/html-pipeline: lower case, punctuation removed, blanks become dashes. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}
