// Secret values from SSM Parameter Store and Secrets Manager; the SDK is loaded with the first one asked for.
import type { AwsSecrets } from "../config/secrets/values.ts";

const TIMEOUT_MS = 10_000;

/**
 * Reads with the credentials and region of the AWS environment. Both functions reject with the SDK's error, or with an
 * Error where the secret holds no text; nothing is loaded or sent before the first call.
 */
export function createAwsSecrets(): AwsSecrets {
  const parameters = once(async () => {
    const { GetParameterCommand, SSMClient } = await import("@aws-sdk/client-ssm");
    const client = new SSMClient({});
    return async (name: string): Promise<string | undefined> => {
      const command = new GetParameterCommand({ Name: name, WithDecryption: true });
      const { Parameter } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
      return Parameter?.Value;
    };
  });
  const secrets = once(async () => {
    const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
    const client = new SecretsManagerClient({});
    return async (id: string): Promise<string | undefined> => {
      const command = new GetSecretValueCommand({ SecretId: id });
      const { SecretString } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
      return SecretString;
    };
  });
  return {
    parameter: async (name) => textOf(await (await parameters())(name)),
    secret: async (id) => textOf(await (await secrets())(id)),
  };
}

function textOf(value: string | undefined): string {
  if (value === undefined) throw new Error("the secret holds no text");
  return value;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
