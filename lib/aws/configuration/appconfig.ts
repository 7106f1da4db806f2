// A configuration in AWS AppConfig, which says neither when it was deployed nor what was before.
import { AppConfigProvider } from "@aws-lambda-powertools/parameters/appconfig";
import { AppConfigDataClient } from "@aws-sdk/client-appconfigdata";
import { hashOf } from "../../model/hash.ts";
import type { RemotePlace } from "./place.ts";
import { CLIENT, type Origin } from "./port.ts";
import { type ServedOptions, servedOrigin } from "./served.ts";

export function appConfigOrigin(place: RemotePlace & { kind: "appconfig" }, options: ServedOptions): Origin {
  const { application, environment, profile } = place;
  const awsSdkV3Client = new AppConfigDataClient(CLIENT);
  // It keeps the session's token, and what the last answer with a body was.
  const open = () => new AppConfigProvider({ application, environment, awsSdkV3Client });
  let session = open();
  return servedOrigin(async () => {
    try {
      const bytes = await session.get(profile, { forceFetch: true });
      const text = new TextDecoder().decode(bytes ?? new Uint8Array());
      return { text, version: hashOf([text]) };
    } catch (error) {
      // A token counts once, also where its answer was lost.
      session = open();
      throw error;
    }
  }, options);
}
