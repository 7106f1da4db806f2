// The stack as it is deployed unread: what each function may do, what outlives it, what raises an alarm, and that
// CloudFormation takes it. Both forms, with a configuration that names things on AWS.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchMoto, startMoto } from "../support/moto.ts";
import { findTools } from "../support/tools.ts";
import { type Resource, type Resources, resourcesIn, runServerless, templateOf } from "./package.ts";

const run = promisify(execFile);
const FORMS = ["off", "on"] as const;
const TOPIC = "arn:aws:sns:eu-central-1:123456789012:oncall";
const KEY = "arn:aws:kms:eu-central-1:123456789012:key/1";
const CONFIG = `
connections:
  prod:
    cloud: otc
    region: eu-de
    projectId: 0123456789abcdef0123456789abcdef
    auth: { accessKey: "\${ssm:/lookout/hw-access-key}", secretKey: "\${secretsmanager:lookout/hw#secret}" }
sources: [{ kind: training-events, every: 10m }]
rules: [{ include: modelarts/training }]
channels:
  chat: { type: slack, url: "\${ssm:/lookout/chat-url}" }
  topic: { type: sns, topicArn: "${TOPIC}" }
  queue: { type: sqs, queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/alerts" }
  mail: { type: ses, from: "Lookout <lookout@example.com>", to: [oncall@example.com] }
  bus: { type: eventbridge, bus: ops }
console: { token: "\${ssm:/lookout/console-token}" }
`;

const folder = mkdtempSync(join(tmpdir(), "lookout-stack-"));
const made = (form: string) => join(folder, form);
beforeAll(async () => {
  const config = join(folder, "lookout.yml");
  writeFileSync(config, CONFIG);
  for (const form of FORMS) {
    const params = { config, fanout: form, alarmTopic: TOPIC, key: KEY };
    const given = Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);
    const env = { LOOKOUT_CONSOLE: "iam" };
    const { stderr } = await runServerless(folder, ["package", "--package", made(form), ...given], env);
    expect(stderr).not.toContain("Warning");
  }
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true }));

const tools = await findTools();
const moto = await startMoto();
afterAll(() => moto?.stop());

describe.each(FORMS)("with fanout=%s", (form) => {
  let resources: Resources;
  beforeAll(() => {
    resources = resourcesIn(made(form));
  });
  const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);
  const functions = () => ofType("AWS::Lambda::Function").map(([id, { Properties }]) => ({ id, ...Properties }));
  const keyOf = ({ FunctionName }: { FunctionName: string }) => FunctionName.replace("lookout-prod-", "");

  /** By function, what its role allows: each action with each of its resources. */
  function allowed(key: string): [action: string, resource: string][] {
    const { Role } = functions().find((one) => keyOf(one as unknown as { FunctionName: string }) === key)! as never as {
      Role: { "Fn::GetAtt": [string] };
    };
    return statementsOf(resources[Role["Fn::GetAtt"][0]]!);
  }

  test.skipIf(tools === null)(
    "cfn-lint finds nothing",
    async () => {
      expect(await tools!.cfnLint(templateOf(made(form)), "eu-central-1")).toBe("");
    },
    120_000,
  );

  test("every function has a role of its own, and no permission is for all of a kind", () => {
    const roles = functions().map(({ Role }) => JSON.stringify(Role));
    expect(new Set(roles).size).toBe(functions().length);
    for (const [, role] of ofType("AWS::IAM::Role")) {
      for (const [action, resource] of statementsOf(role)) {
        expect(action).not.toContain("*");
        expect(resource).not.toContain("*");
      }
    }
  });

  test("what may be read and sent to is what the configuration names", () => {
    const poll = allowed(form === "on" ? "poll" : "poll-training-events");
    const sender = allowed(form === "on" ? "deliver" : "sweep");
    expect(poll).toContainEqual(["ssm:GetParameter", own("ssm", "parameter/lookout/hw-access-key")]);
    expect(poll).toContainEqual(["secretsmanager:GetSecretValue", own("secretsmanager", "secret:lookout/hw-??????")]);
    expect(poll).toContainEqual(["kms:Decrypt", KEY]);
    expect(sender).toContainEqual(["ssm:GetParameter", own("ssm", "parameter/lookout/chat-url")]);
    expect(sender).not.toContainEqual(["ssm:GetParameter", own("ssm", "parameter/lookout/hw-access-key")]);
    const sent: [string, string][] = [
      ["sns:Publish", TOPIC],
      ["sqs:SendMessage", "arn:${AWS::Partition}:sqs:eu-west-1:123456789012:alerts"],
      ["events:PutEvents", own("events", "event-bus/ops")],
      ["ses:SendEmail", own("ses", "identity/example.com")],
    ];
    for (const one of sent) {
      expect(sender).toContainEqual(one);
      expect(poll).not.toContainEqual(one);
    }
  });

  test("a poll cannot look up what is due, and plans of polls read no secret", () => {
    expect(allowed(form === "on" ? "poll" : "poll-http").map(([, resource]) => resource)).not.toContain(
      "${Table.Arn}/index/due",
    );
    if (form === "on") expect(allowed("plan").map(([action]) => action)).not.toContain("ssm:GetParameter");
  });

  test("the table outlives the stack, is encrypted, and can be restored to any second of 35 days", () => {
    const { Properties, ...table } = resources["Table"]!;
    expect(table).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    expect(Properties).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
      SSESpecification: { SSEEnabled: true, SSEType: "KMS" },
    });
  });

  test("every queue is encrypted, and the bucket lets nobody in", () => {
    for (const [, { Properties }] of ofType("AWS::SQS::Queue")) expect(Properties.SqsManagedSseEnabled).toBe(true);
    const [[, { Properties }]] = ofType("AWS::S3::Bucket") as [[string, Resource]];
    expect(Properties.PublicAccessBlockConfiguration).toMatchObject({ BlockPublicAcls: true, BlockPublicPolicy: true });
    expect(Properties.BucketEncryption.ServerSideEncryptionConfiguration).toHaveLength(1);
  });

  test("an alarm watches each function, each queue of what failed, what is due, and the polls", () => {
    const alarms = ofType("AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);
    const names = alarms.map(({ AlarmName }) => AlarmName.replace("lookout-prod-", ""));
    const keys = functions().map((one) => keyOf(one as never));
    const dead =
      form === "on" ? ["poll", "notify", "deliver"].map((queue) => `dead-letters-${queue}-dead-letters`) : [];
    expect(names.sort()).toEqual(
      [
        ...keys.flatMap((key) => [`errors-${key}`, `throttles-${key}`]),
        ...[...dead, "dead-letters-failures", "oldest-due", "unread-sources", "missed-polls"],
      ].sort(),
    );
    for (const alarm of alarms) expect(alarm).toMatchObject({ AlarmActions: [TOPIC], OKActions: [TOPIC] });
    // Its only source is polled every ten minutes.
    expect(alarms.find(({ AlarmName }) => AlarmName === "lookout-prod-missed-polls")).toMatchObject({
      ...{ MetricName: "Polls", Period: 1_800, Threshold: 1, ComparisonOperator: "LessThanThreshold" },
      TreatMissingData: "breaching",
    });
  });

  test("the dashboard shows every function and queue, and the lag of each source", () => {
    const { DashboardBody } = resources["Dashboard"]!.Properties;
    const { widgets } = JSON.parse(DashboardBody["Fn::Sub"]);
    const shown = JSON.stringify(widgets);
    for (const one of functions()) expect(shown).toContain((one as never as { FunctionName: string }).FunctionName);
    for (const [id] of ofType("AWS::SQS::Queue")) expect(shown).toContain(`\${${id}.QueueName}`);
    expect(shown).toContain('"Lag","service","lookout-prod","source","training-events"');
  });

  test("nothing is open to the public", () => {
    const urls = ofType("AWS::Lambda::Url").map(([, { Properties }]) => Properties.AuthType);
    expect(urls).toEqual(["AWS_IAM"]);
    for (const [, { Properties }] of ofType("AWS::Lambda::Permission")) expect(Properties.Principal).not.toBe("*");
  });

  test("everything invokes the version that an alias names", () => {
    const aliases = ofType("AWS::Lambda::Alias");
    expect(aliases).toHaveLength(functions().length);
    for (const [, { Properties }] of aliases) {
      const version = resources[Properties.FunctionVersion["Fn::GetAtt"][0]]!;
      expect(version).toMatchObject({ Type: "AWS::Lambda::Version", DeletionPolicy: "Retain" });
      expect(version.Properties.FunctionName).toEqual(Properties.FunctionName);
      expect(Properties.Name).toBe("live");
    }
    const invoked = [
      ...ofType("AWS::Events::Rule").flatMap(([, { Properties }]) =>
        Properties.Targets.map((one: never) => one["Arn"]),
      ),
      ...ofType("AWS::Scheduler::Schedule").map(([, { Properties }]) => Properties.Target.Arn),
      ...ofType("AWS::Lambda::EventSourceMapping").map(([, { Properties }]) => Properties.FunctionName),
    ];
    expect(invoked.length).toBeGreaterThan(3);
    for (const target of invoked) expect(JSON.stringify(target)).toMatch(/"live"|:live"/);
  });

  test("what is not due to the minute begins at some moment of it", () => {
    const { FlexibleTimeWindow, Target } = resources["HealthSchedulerSchedule1"]!.Properties;
    expect(FlexibleTimeWindow).toEqual({ Mode: "FLEXIBLE", MaximumWindowInMinutes: 1 });
    expect(Target.DeadLetterConfig).toEqual({ Arn: { "Fn::GetAtt": ["Failures", "Arn"] } });
  });

  test("polls from a queue leave room for the functions beside them", () => {
    const capped = ofType("AWS::Lambda::EventSourceMapping").filter(([, { Properties }]) => Properties.ScalingConfig);
    // One source has one slot.
    const expected = form === "on" ? [[expect.stringMatching(/PollQueue$/), { MaximumConcurrency: 3 }]] : [];
    expect(capped.map(([id, { Properties }]) => [id, Properties.ScalingConfig])).toEqual(expected);
  });

  test("one poll of a kind runs at a time, and a flood of the console's URL takes nobody's turn", () => {
    const reserved = functions().flatMap((one) => {
      const { ReservedConcurrentExecutions: count } = one as never as { ReservedConcurrentExecutions?: number };
      return count === undefined ? [] : [[keyOf(one as never), count]];
    });
    expect(Object.fromEntries(reserved)).toMatchObject({ console: 5 });
    if (form === "off")
      expect(Object.fromEntries(reserved)).toMatchObject({ "poll-http": 1, "poll-training-events": 1 });
  });

  test("no variable of a function holds a secret", () => {
    for (const one of functions()) {
      const { Variables } = (one as never as { Environment: { Variables: Record<string, unknown> } }).Environment;
      expect(
        Object.keys(Variables).filter((name) => !/^(LOOKOUT|POWERTOOLS)_|^UV_THREADPOOL_SIZE$/.test(name)),
      ).toEqual([]);
      for (const value of Object.values(Variables))
        expect(value).toMatch(/^(\.build\/lookout\.json|lookout-prod.*|\d{1,2})$/);
    }
  });

  test.skipIf(moto === null)(
    "CloudFormation makes it, as far as moto knows the kinds of its resources",
    async () => {
      const script = join(import.meta.dirname, "../support/deploy_template.py");
      const { stdout } = await run("python3", [script, moto!.endpoint, made(form)], {
        env: { ...process.env, PYTHONPATH: (await fetchMoto())! },
      });
      const { status, table, functions: names, roles, queues } = JSON.parse(stdout);
      expect(status).toBe("UPDATE_COMPLETE");
      expect(table).toMatchObject({ deletionProtection: true });
      expect(names.sort()).toEqual(
        functions()
          .map((one) => (one as never as { FunctionName: string }).FunctionName)
          .sort(),
      );
      expect(roles).toBe(ofType("AWS::IAM::Role").length);
      expect(queues).toBe(ofType("AWS::SQS::Queue").length);
    },
    120_000,
  );
});

function statementsOf({ Properties }: Resource): [action: string, resource: string][] {
  const statements = Properties.Policies.flatMap((policy: never) => policy["PolicyDocument"]["Statement"]);
  return statements.flatMap(({ Action, Resource }: { Action: string | string[]; Resource: unknown }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((resource) => [action, textOf(resource)])),
  );
}

/** As it is written: what CloudFormation fills in by its name. */
function textOf(resource: unknown): string {
  if (typeof resource === "string") return resource;
  const { "Fn::Sub": text, "Fn::GetAtt": of } = resource as { "Fn::Sub"?: string; "Fn::GetAtt"?: string[] };
  return text ?? of!.join(".");
}

function own(service: string, resource: string): string {
  return `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`;
}
