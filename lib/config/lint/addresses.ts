// Finds options of channels that are wrong once their references are resolved, such as an address
// that is none. Shows no value.
import type { ChannelConfig } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import type { ChannelOptions } from "../check/routes.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import { likeliestIssues } from "../document/issues.ts";
import { isMap, partAt } from "../document/raw.ts";
import type { Places } from "../load/load.ts";
import { splitReferences } from "../secrets/references.ts";
import type { Secrets } from "../secrets/secrets.ts";

export type ResolveLocal = Pick<Secrets, "resolveLocal">;

/** References to variables and files are tried; what comes from AWS is not. */
export async function lintChannelValues(
  channels: Readonly<Record<string, ChannelConfig>>,
  places: Places,
  types: ReadonlyMap<string, ChannelOptions>,
  secrets: ResolveLocal,
): Promise<Finding[]> {
  const findings = Object.entries(channels).map(async ([name, { type, options }]): Promise<Finding[]> => {
    const { error } = types.get(type)!.options.safeParse(await resolved(options, secrets));
    return likeliestIssues(error?.issues ?? []).flatMap(({ path, message }): Finding[] => {
      const references = referencesIn(partAt(options, path as Place));
      if (references.length === 0) return [];
      const place: Place = ["channels", name, ...(path as Place)];
      // What else could be written in the file is of no use here.
      const wanted = message.replace(/, or a reference .*$/, "");
      const problem = `with the value of ${references.join(" and ")}, "${place.findLast((step) => typeof step === "string")}" is not ${wanted}`;
      return [findingAt(places.locate(place), place, problem, "correct the variable or file that it comes from")];
    });
  });
  return (await Promise.all(findings)).flat();
}

/** What has no value here stays a reference, which every option takes. */
async function resolved(value: unknown, secrets: ResolveLocal): Promise<unknown> {
  if (typeof value === "string") return (await secrets.resolveLocal(value)) ?? value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolved(item, secrets)));
  if (!isMap(value)) return value;
  const entries = Object.entries(value).map(async ([key, part]) => [key, await resolved(part, secrets)]);
  return Object.fromEntries(await Promise.all(entries));
}

function referencesIn(text: unknown): string[] {
  if (typeof text !== "string") return [];
  return splitReferences(text).flatMap((part) => (typeof part === "string" ? [] : [part.text]));
}
