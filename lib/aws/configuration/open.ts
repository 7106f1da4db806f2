// Opens the place of a configuration that does not come with the package; the client of its service is loaded with it.
import type { RemotePlace } from "./place.ts";
import type { Origin } from "./port.ts";
import type { ServedOptions } from "./served.ts";

export async function openOrigin(place: RemotePlace, options: ServedOptions): Promise<Origin> {
  if (place.kind === "s3") return (await import("./s3.ts")).s3Origin(place);
  if (place.kind === "ssm") return (await import("./ssm.ts")).ssmOrigin(place);
  return (await import("./appconfig.ts")).appConfigOrigin(place, options);
}
