// Segments of a request's path made of what an API or a person gave.
import { segmentProblem } from "../../model/segment.ts";
import { CloudError } from "./client.ts";

/**
 * The id as one segment, percent-encoded. Throws CloudError for one that could lead elsewhere: nothing is asked then.
 */
export function segment(id: string): string {
  const problem = segmentProblem(id);
  if (problem === undefined) return encodeURIComponent(id);
  const shown = JSON.stringify(id.slice(0, 40).toWellFormed());
  throw new CloudError("bad-request", `${shown} cannot stand in an address: it ${problem}. Nothing was asked`);
}

/**
 * Likewise a name that people gave, which may hold slashes: they are encoded, and lead nowhere even
 * where a server decodes them.
 */
export function nameSegment(name: string): string {
  for (const part of name.split(/[/\\]/)) segment(part.replaceAll("%", ""));
  return encodeURIComponent(name);
}

/** Throws CloudError where the address is not that of the path, as where a segment was left unencoded. */
export function checkPath(url: URL, path: string): void {
  if (url.pathname.endsWith(path)) return;
  throw new CloudError("bad-request", "the path of a request leads elsewhere once it is parsed. Nothing was asked");
}
