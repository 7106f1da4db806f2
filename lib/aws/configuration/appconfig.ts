// A configuration in AWS AppConfig, which says neither when it was deployed nor what was before.
import { AppConfigProvider } from "@aws-lambda-powertools/parameters/appconfig";
import { AppConfigDataClient } from "@aws-sdk/client-appconfigdata";
import type { Clock } from "../../model/clock.ts";
import { hashOf } from "../../model/hash.ts";
import type { RemotePlace } from "./place.ts";
import { CLIENT, type Origin } from "./port.ts";

export function appConfigOrigin(place: RemotePlace & { kind: "appconfig" }, clock: Clock): Origin {
  const { application, environment, profile } = place;
  const awsSdkV3Client = new AppConfigDataClient(CLIENT);
  const provider = new AppConfigProvider({ application, environment, awsSdkV3Client });
  let seen: string | undefined;
  return {
    async ask() {
      // It keeps the session's token, and what the last answer with a body was.
      const bytes = await provider.get(profile, { forceFetch: true });
      const text = new TextDecoder().decode(bytes ?? new Uint8Array());
      const version = hashOf([text]);
      if (version === seen) return undefined;
      seen = version;
      return { text, version, at: clock.now() };
    },
    version: async () => undefined,
  };
}
