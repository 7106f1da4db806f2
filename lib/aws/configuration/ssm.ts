// A configuration in an SSM parameter, which keeps its last hundred versions.
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT, type Found, type Origin } from "./port.ts";

export function ssmOrigin({ name }: { name: string }): Origin {
  const client = new SSMClient(CLIENT);
  let seen: string | undefined;

  async function get(selector: string): Promise<Found> {
    const command = new GetParameterCommand({ Name: `${name}${selector}`, WithDecryption: true });
    const { Parameter } = await client.send(command);
    const { Value = "", Version = 0, LastModifiedDate } = Parameter ?? {};
    return { text: Value, version: String(Version), at: LastModifiedDate?.getTime() ?? 0 };
  }

  return {
    async ask() {
      const found = await get("");
      if (found.version === seen) return undefined;
      function done(): void {
        seen = found.version;
      }
      return { ...found, done };
    },
    keeps: () => true,
    version: (version) => get(`:${version}`),
  };
}
