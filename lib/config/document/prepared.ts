// A pack as it was read and checked when Lookout's package was made: a start need not read its YAML and check it again.
import { readFile } from "node:fs/promises";
import { LineCounter, parseDocument } from "yaml";
import type { RuleConfig } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import { type Document, readDocument } from "./document.ts";
import type { Finding } from "./finding.ts";
import { OPTIONS } from "./parse.ts";
import { readTree } from "./tree.ts";

/** One file of JSON. */
export interface PreparedPack {
  /** Of the YAML: one that was changed since is read as it stands. */
  hash: string;
  root: unknown;
  /** The rules at their places; null where an include stands. */
  rules: (RuleConfig | null)[];
}

export function hashOfPack(text: string): string {
  return hashOf([text]);
}

/**
 * Reads the pack at `path` from what was made of it, where that lies at `prepared` and is of the same text, else as any
 * file; `unreadable` makes the finding of one that cannot be read. Throws ConfigError where there is nothing to go on
 * with.
 */
export async function readPack(
  path: string,
  prepared: string | undefined,
  unreadable: (problem: string, hint?: string) => Finding,
): Promise<Document> {
  const [text, json] = await Promise.all([path, prepared].map((one) => one && readFile(one, "utf8").catch(() => "")));
  if (text && json) {
    const { hash, root, rules } = JSON.parse(json) as PreparedPack;
    if (hash === hashOfPack(text)) return documentOf({ root, rules }, text, path);
  }
  return readDocument(path, path, unreadable);
}

function documentOf({ root, rules }: Omit<PreparedPack, "hash">, text: string, file: string): Document {
  let read: Pick<Document, "locate" | "written"> | undefined;
  // Places are asked for by few commands, and then the YAML is read.
  const places = () => {
    read ??= readPlaces(text, file);
    return read;
  };
  return {
    file,
    bytes: Buffer.byteLength(text),
    // Its rules need no further work.
    values: 0,
    root,
    problems: [],
    rules,
    locate: (place, part) => places().locate(place, part),
    written: (place) => places().written(place),
  };
}

function readPlaces(text: string, file: string): Pick<Document, "locate" | "written"> {
  const lineCounter = new LineCounter();
  const tree = readTree(parseDocument(text, { ...OPTIONS, lineCounter }));
  return {
    locate(place, part = "value") {
      const { line, col } = lineCounter.linePos(tree.offset(place, part));
      return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
    },
    written: (place) => tree.written(place),
  };
}
