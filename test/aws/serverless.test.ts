// What `serverless package` makes, offline and without credentials, holds what docs/aws.md promises;
// `serverless invoke local` runs it.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { SOURCE_KINDS } from "../../lib/model/source-kinds.ts";
import { TABLE, TTL_ATTRIBUTE } from "../../lib/store/dynamodb/table.ts";
import BundlePlugin from "../../scripts/serverless-bundle.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../support/dynamodb.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const CLI = join(ROOT, "node_modules/serverless/bin/serverless.js");
const CONFIG = `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }
sources: [{ kind: training-events }]
rules: [{ include: modelarts/training }, { include: ./team/rules.yml }]
channels: { chat: { type: feishu, url: "\${ssm:/lookout/chat-url}" } }
`;
const TEAM = "rules: [{ id: any-error, when: { level: [error] } }]\n";

// biome-ignore lint/suspicious/noExplicitAny: a template is looked into field by field
type Resource = { Type: string; Properties: any };

const folder = mkdtempSync(join(tmpdir(), "lookout-package-"));
const packaged = join(folder, "out");
const config = join(folder, "lookout.yml");

/** Runs a command of the framework, offline and without credentials unless `env` has some. */
function serverless(args: readonly string[], env: Record<string, string> = {}, path = config) {
  // Each command but the first finds the framework's code compiled.
  const own = { PATH: process.env["PATH"] ?? "", HOME: folder, NODE_COMPILE_CACHE: join(folder, "compiled") };
  const options = { cwd: ROOT, env: { ...own, ...env } };
  return run(process.execPath, [CLI, ...args, `--param=config=${path}`], options);
}

/** Names of the files in a zip archive, as its central directory has them. */
function filesIn(archive: string): string[] {
  const bytes = readFileSync(archive);
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const files: string[] = [];
  for (let at = bytes.readUInt32LE(end + 16), left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    files.push(bytes.toString("utf8", at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return files;
}

/** What `package` said of the configuration, which has no credentials of its own. */
let warned: string;

beforeAll(async () => {
  writeFileSync(config, CONFIG);
  mkdirSync(join(folder, "team"));
  writeFileSync(join(folder, "team/rules.yml"), TEAM);
  ({ stderr: warned } = await serverless(["package", "--package", packaged]));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe("the package", () => {
  let resources: Record<string, Resource>;
  const ofType = (type: string) => Object.values(resources).filter((resource) => resource.Type === type);
  const named = (name: string) => resources[name]!.Properties;
  const statements = () => named("IamRoleLambdaExecution").Policies[0].PolicyDocument.Statement;
  beforeAll(() => {
    const template = readFileSync(join(packaged, "cloudformation-template-update-stack.json"), "utf8");
    resources = JSON.parse(template).Resources;
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
    const { TableName, TimeToLiveSpecification, ...definition } = named("Table");
    expect(definition).toEqual(TABLE);
    expect(TableName).toBe("lookout-prod");
    expect(TimeToLiveSpecification).toEqual({ AttributeName: TTL_ATTRIBUTE, Enabled: true });
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
    expect(statements()).toContainEqual({ Effect: "Allow", Action: "sqs:SendMessage", Resource: failures });
    expect(named("FailuresPolicy").PolicyDocument.Statement[0].Principal).toEqual({ Service: "events.amazonaws.com" });
  });

  test("the functions' role names what it may do, and to what", () => {
    for (const { Action, Resource } of statements()) {
      for (const action of [Action].flat()) expect(action).not.toContain("*");
      for (const resource of [Resource].flat()) expect(resource["Fn::GetAtt"] ?? resource["Fn::Sub"]).toBeTruthy();
    }
    const patterns = statements().flatMap(({ Resource }: { Resource: Record<string, string> }) => [Resource].flat());
    const wild = patterns
      .map((one: Record<string, string>) => one["Fn::Sub"] ?? "")
      .filter((text: string) => text.includes("*"));
    expect(wild.map((arn: string) => arn.replace(/^.*AccountId}:/, ""))).toEqual([
      "log-group:/aws/lambda/lookout-prod*:*",
      "log-group:/aws/lambda/lookout-prod*:*:*",
      "parameter/lookout/*",
      "secret:lookout/*",
    ]);
  });

  test("logs are kept for a while, not for ever", () => {
    const groups = ofType("AWS::Logs::LogGroup").map(({ Properties }) => Properties.RetentionInDays);
    expect(new Set(groups)).toEqual(new Set([30]));
  });

  test("the archive holds the code, the configuration and the rules it includes; no source map, no dependency folder", () => {
    const files = filesIn(join(packaged, "lookout.zip"));
    for (const name of ["poll", "notify", "sweep", "health"]) expect(files).toContain(`.build/${name}.js`);
    expect(files).toEqual(
      expect.arrayContaining([".build/lookout.yml", ".build/team/rules.yml", ".build/packs/modelarts/training.yml"]),
    );
    expect(files.filter((file) => /node_modules|\.map$|\.ts$|test/.test(file))).toEqual([]);
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
  const example = join(ROOT, "lookout.example.yml");
  const none = /there is no configuration of yours.*Copy it to lookout\.yml.*--param=config=PATH/;

  test("the example is packaged with a warning, and with the console where it is switched on", async () => {
    const out = join(folder, "example");
    const { stderr } = await serverless(["package", "--package", out], { LOOKOUT_CONSOLE: "iam" }, example);
    const template = readFileSync(join(out, "cloudformation-template-update-stack.json"), "utf8");
    const made: Resource[] = Object.values(JSON.parse(template).Resources);
    const urls = made.filter(({ Type }) => Type === "AWS::Lambda::Url").map(({ Properties }) => Properties.AuthType);
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

test.skipIf(dynamoEndpoint === null)("a function can be invoked locally", async () => {
  const { table, client } = await freshTable();
  client.destroy();
  const { region, endpoint, credentials } = dynamoConnection;
  const { stdout } = await serverless(
    ["invoke", "local", "-f", "sweep", "-p", "events/sweep.json", "-e", `LOOKOUT_TABLE=${table}`],
    {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    },
  );
  expect(JSON.parse(stdout)).toEqual({ fired: 0, made: 0, tried: 0 });
});
