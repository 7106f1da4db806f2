// What `serverless package` makes, offline and without credentials, holds what docs/aws.md promises;
// `serverless invoke local` runs it.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { SOURCE_KINDS } from "../../lib/model/source-kinds.ts";
import { TABLE, TTL_ATTRIBUTE } from "../../lib/store/dynamodb/table.ts";
import BundlePlugin from "../../scripts/serverless-bundle.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../support/dynamodb.ts";
import { filesIn, type Resources, resourcesIn, runServerless } from "./package.ts";

const ROOT = join(import.meta.dirname, "../..");
const CONFIG = `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }
sources: [{ kind: training-events }]
rules: [{ include: modelarts/training }, { include: ./team/rules.yml }]
channels: { chat: { type: feishu, url: "\${ssm:/lookout/chat-url}" } }
`;
const TEAM = "rules: [{ id: any-error, when: { level: [error] } }]\n";

const folder = mkdtempSync(join(tmpdir(), "lookout-package-"));
const packaged = join(folder, "out");
const config = join(folder, "lookout.yml");

function serverless(args: readonly string[], env: Record<string, string> = {}, path = config) {
  return runServerless(folder, [...args, `--param=config=${path}`], env);
}

/** What `package` said of the configuration, which has no credentials of its own. */
let warned: string;

beforeAll(async () => {
  writeFileSync(config, CONFIG);
  mkdirSync(join(folder, "team"));
  writeFileSync(join(folder, "team/rules.yml"), TEAM);
  ({ stderr: warned } = await serverless(["package", "--package", packaged]));
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe("the package", () => {
  let resources: Resources;
  const ofType = (type: string) => Object.values(resources).filter((resource) => resource.Type === type);
  const named = (name: string) => resources[name]!.Properties;
  beforeAll(() => {
    resources = resourcesIn(packaged);
  });

  test("every API has a poll of its own, once a minute", () => {
    const schedules = ofType("AWS::Events::Rule").map(({ Properties }) => Properties);
    const polls = schedules.filter(({ Targets }) => Targets[0].Input?.includes("kind"));
    expect(polls.map(({ Targets }) => JSON.parse(Targets[0].Input).kind).sort()).toEqual([...SOURCE_KINDS].sort());
    expect(new Set(polls.map(({ ScheduleExpression }) => ScheduleExpression))).toEqual(new Set(["rate(1 minute)"]));
    expect(new Set(polls.map(({ Targets }) => JSON.stringify(Targets[0].Arn))).size).toBe(SOURCE_KINDS.length);
  });

  test("all functions run on Node 24 and arm64, for less than the beat of their schedules", () => {
    const functions = ofType("AWS::Lambda::Function").map(({ Properties }) => Properties);
    expect(functions).toHaveLength(SOURCE_KINDS.length + 3);
    for (const { Runtime, Architectures, Timeout } of functions) {
      expect([Runtime, Architectures]).toEqual(["nodejs24.x", ["arm64"]]);
      expect(Timeout).toBeLessThan(60);
    }
  });

  test("the table is the one that the store expects", () => {
    expect(named("Table")).toMatchObject({ ...TABLE, TableName: "lookout-prod" });
    expect(named("Table").TimeToLiveSpecification).toEqual({ AttributeName: TTL_ATTRIBUTE, Enabled: true });
  });

  test("the bus invokes notify with what names groups, and with nothing else", () => {
    const [rule] = ofType("AWS::Events::Rule").filter(({ Properties }) => Properties.EventPattern);
    expect(rule!.Properties.EventPattern).toEqual({ source: ["lookout"], detail: { groups: [{ exists: true }] } });
    expect(rule!.Properties.EventBusName).toEqual({ Ref: "Bus" });
    expect(rule!.Properties.Targets[0].DeadLetterConfig).toEqual({ Arn: { "Fn::GetAtt": ["Failures", "Arn"] } });
  });

  test("whatever fails for good goes to the queue of failures, and may", () => {
    const configs = ofType("AWS::Lambda::EventInvokeConfig").map(({ Properties }) => Properties.DestinationConfig);
    expect(configs).toHaveLength(ofType("AWS::Lambda::Function").length);
    const failures = { "Fn::GetAtt": ["Failures", "Arn"] };
    for (const config of configs) expect(config).toEqual({ OnFailure: { Destination: failures } });
    expect(named("FailuresPolicy").PolicyDocument.Statement[0].Principal).toEqual({ Service: "events.amazonaws.com" });
  });

  test("logs are kept for a while, not for ever", () => {
    const groups = ofType("AWS::Logs::LogGroup").map(({ Properties }) => Properties.RetentionInDays);
    expect(new Set(groups)).toEqual(new Set([30]));
  });

  test("the archive of a function holds its own code and the configuration, in less than 1 MB", () => {
    for (const [archive, own] of [
      ["poll-http", "poll"],
      ["notify", "notify"],
      ["sweep", "sweep"],
      ["health", "health"],
    ]) {
      const path = join(packaged, `${archive}.zip`);
      const files = filesIn(path);
      const late = [".build/apart/liquidjs.js", ".build/apart/re2js.js"];
      const shared = [".build/LICENSE", ".build/NOTICE", ".build/lookout.json", ".build/package.json", ...late];
      const apart = files.filter((file) => !file.startsWith(".build/chunks/"));
      expect(apart.sort()).toEqual([...shared, `.build/${own}.js`].sort());
      expect(files.filter((file) => !/\.(js|json)$|LICENSE|NOTICE/.test(file))).toEqual([]);
      expect(statSync(path).size).toBeLessThan(1_000_000);
    }
  });
});

test.each([
  [undefined, undefined],
  ["off", undefined],
  ["on", { url: true }],
  ["iam", { url: { authorizer: "aws_iam" } }],
])("with LOOKOUT_CONSOLE=%s the console is %j", (mode, expected) => {
  vi.stubEnv("LOOKOUT_CONSOLE", mode);
  onTestFinished(() => void vi.unstubAllEnvs());
  const functions: Record<string, { url?: unknown }> = { console: { url: true } };
  const service = { functions };
  const processedInput = { commands: ["package"], options: {} };
  const log = { notice() {}, warning() {} };
  // What the constructor looks at.
  const serverless = { serviceDir: ROOT, processedInput, service, classes: { Error } } as unknown;
  new BundlePlugin(serverless as ConstructorParameters<typeof BundlePlugin>[0], {}, { log });
  expect(functions["console"]).toEqual(expected);
});

test("an invalid configuration is not packaged, and says where it is wrong", async () => {
  const broken = join(folder, "broken.yml");
  writeFileSync(broken, CONFIG.replace("channels:", "chanels:"));
  const failed = await serverless(["package", "--package", join(folder, "none")], {}, broken).catch((error) => error);
  expect(failed.code).not.toBe(0);
  expect(`${failed.stdout}${failed.stderr}`).toContain(
    `broken.yml:5:1: unknown key "chanels"; did you mean "channels"?`,
  );
});

describe("what nobody would hear of", () => {
  /** What a command that fails says. */
  async function refusal(args: readonly string[], path?: string): Promise<string> {
    const failed = await serverless(args, { AWS_EC2_METADATA_DISABLED: "true" }, path).catch((error) => error);
    expect(failed.code).toBe(1);
    return `${failed.stdout}${failed.stderr}`;
  }
  const example = join(folder, "service/lookout.example.yml");
  const none = /there is no configuration of yours.*Copy it to lookout\.yml.*--param=config=PATH/;

  test("the example is packaged with a warning, and with the console where it is switched on", async () => {
    const out = join(folder, "example");
    const { stderr } = await serverless(["package", "--package", out], { LOOKOUT_CONSOLE: "iam" }, example);
    const urls = Object.values(resourcesIn(out))
      .filter(({ Type }) => Type === "AWS::Lambda::Url")
      .map(({ Properties }) => Properties.AuthType);
    expect(urls).toEqual(["AWS_IAM"]);
    expect(stderr).toMatch(new RegExp(`^Warning: this package cannot be deployed: ${none.source}`, "m"));
  });

  test("the example is not deployed", async () => {
    expect(await refusal(["deploy"], example)).toMatch(new RegExp(`not deployed: ${none.source}`));
  });

  test("a configuration whose variables the functions do not get is packaged with a warning", () => {
    expect(warned).toMatch(
      /^Warning: this package cannot be deployed: lookout\.yml refers to .*: HW_ACCESS_KEY, HW_SECRET_KEY\. /m,
    );
  });

  test("a package that was warned of is not deployed", async () => {
    const said = await refusal(["deploy", "--package", packaged]);
    expect(said).toMatch(/not deployed: lookout\.yml refers to variables .*: HW_ACCESS_KEY, HW_SECRET_KEY\. /);
  });

  test("a configuration that the functions can read is deployed, with the variables of serverless.yml", async () => {
    const own = join(folder, "own.yml");
    const auth = 'auth: { accessKey: "${ssm:/lookout/a}", secretKey: "${ssm:/lookout/b}" }';
    const store = 'store: { type: dynamodb, table: "${env:LOOKOUT_TABLE}" }\n';
    writeFileSync(own, CONFIG.replace("eu-de,", `eu-de, ${auth},`) + store);
    const said = await refusal(["deploy"], own);
    expect(said).toMatch(/AWS provider credentials not found/);
    expect(said).not.toMatch(/not deployed|Warning/);
  });
});

test.skipIf(dynamoEndpoint === null).each([
  ["off", "sweep", "sweep", { fired: 0, made: 0, tried: 0 }],
  ["on", "deliver", "deliver-batch", { batchItemFailures: [] }],
])("with fanout=%s %s can be invoked locally, with events/%s.json", async (form, name, payload, expected) => {
  const { table, client } = await freshTable();
  client.destroy();
  const { region, endpoint, credentials } = dynamoConnection;
  const given = ["-e", `LOOKOUT_TABLE=${table}`, `--param=fanout=${form}`];
  const { stdout } = await serverless(["invoke", "local", "-f", name, "-p", `events/${payload}.json`, ...given], {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  });
  expect(JSON.parse(stdout)).toEqual(expected);
});
