// Secrets from AWS: what the SDK asks of a server that speaks its protocol, and what becomes of the answers.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { createAwsSecrets } from "../../../lib/aws/secrets.ts";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import { createSecrets } from "../../../lib/config/secrets/secrets.ts";

const ANSWERS: Readonly<Record<string, object>> = {
  "AmazonSSM.GetParameter /app/token": { Parameter: { Name: "/app/token", Type: "SecureString", Value: "from-ssm" } },
  "secretsmanager.GetSecretValue app": { Name: "app", SecretString: '{"key":"from-secrets"}' },
  "secretsmanager.GetSecretValue binary": { Name: "binary", SecretBinary: "AAAA" },
};

async function serve(): Promise<{ asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { Name, SecretId, WithDecryption } = JSON.parse(Buffer.concat(chunks).toString());
    const name = `${request.headers["x-amz-target"]} ${Name ?? SecretId}`;
    asked.push(WithDecryption === undefined ? name : `${name} decrypted`);
    const answer = ANSWERS[name];
    response.writeHead(answer ? 200 : 400, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer ?? { __type: "ParameterNotFound", message: "no" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const variables = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  stop = () => server.close();
  return { asked };
}

let stop = (): unknown => undefined;
afterEach(() => {
  stop();
  vi.unstubAllEnvs();
});

test("parameters are asked for decrypted, secrets by id, and failures named without values", async () => {
  const { asked } = await serve();
  const secrets = createSecrets({
    env: {},
    baseDir: ".",
    now: () => 0,
    redactor: createRedactor(),
    aws: createAwsSecrets(),
  });
  expect(await secrets.resolve("${ssm:/app/token} ${secretsmanager:app#key}")).toBe("from-ssm from-secrets");
  expect(asked.toSorted()).toEqual([
    "AmazonSSM.GetParameter /app/token decrypted",
    "secretsmanager.GetSecretValue app",
  ]);
  await expect(secrets.resolve("${ssm:/none}")).rejects.toThrow(
    "${ssm:/none} could not be read from AWS (ParameterNotFound)",
  );
  await expect(secrets.resolve("${secretsmanager:binary}")).rejects.toThrow(
    "${secretsmanager:binary} could not be read from AWS",
  );
});
