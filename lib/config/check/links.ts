// Whether the links of connections are templates.
import type { Document } from "../document/document.ts";
import { type Finding, findIn } from "../document/finding.ts";
import { field, fieldsOf } from "../document/raw.ts";
import { checkTemplate } from "./templates.ts";

export function checkLinks(document: Document, parse: (text: string) => unknown): Finding[] {
  return findIn(fieldsOf(field(document.root, "connections")), ([name, connection]) =>
    fieldsOf(field(connection, "links")).flatMap(([type, text]) => {
      return typeof text === "string" ? checkTemplate(text, document, ["connections", name, "links", type], parse) : [];
    }),
  );
}
