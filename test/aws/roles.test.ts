// The roles of both forms of the stack, where the tests that run the functions cannot see what AWS would refuse.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../scripts/bundle.ts";
import { folderWith } from "../support/cli.ts";
import { type Permission, permissionsOf, stackOf } from "./permissions.ts";

const KEY = "arn:aws:kms:eu-central-1:123456789012:key/1";
const CONFIG = `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, auth: { token: "\${ssm:/t}" } } }
sources: [{ kind: training-events }]
rules: [{ id: any, when: { level: [error] } }]
channels: { log: { type: console } }
`;

describe.each(["off", "on"] as const)("with fanout=%s", (fanout) => {
  async function allowedWith(place: string): Promise<Permission[]> {
    const config = await readConfig(join(await folderWith({ "lookout.yml": CONFIG }), "lookout.yml"), {});
    return permissionsOf({ fanout, config, place, key: KEY, name: "lookout-prod", region: "eu-central-1" });
  }
  const whoMay = (all: readonly Permission[], action: string): string[] =>
    [...new Set(all.flatMap((one) => (one.action === action ? [one.function] : [])))].sort();

  test.each([
    ["ssm:/lookout/config", "ssm:GetParameter"],
    ["s3://team-config/prod.yml", "s3:GetObject"],
    ["appconfig:abcdefg/hijklmn/opqrstu", "appconfig:GetLatestConfiguration"],
  ])("each function may decrypt a configuration at %s that is encrypted with one's own key", async (place, action) => {
    const permissions = await allowedWith(place);
    const all = [...new Set(permissions.map((one) => one.function))].sort();
    expect(whoMay(permissions, action)).toEqual(all);
    expect(whoMay(permissions, "kms:Decrypt")).toEqual(all);
  });

  test("the health check takes out of every queue of what failed for good", async () => {
    const taken = (await allowedWith("")).filter(
      (one) => one.function === "health" && one.action === "sqs:DeleteMessage",
    );
    const queues = taken.map(({ resource }) => resource.slice(resource.lastIndexOf(":") + 1)).sort();
    const dead = fanout === "on" ? ["deliver-dead.fifo", "notify-dead.fifo", "poll-dead.fifo"] : [];
    const names = [...dead, "failures"].map((name) => `lookout-prod-${name}`);
    expect(queues).toEqual(names.sort());
  });

  test("only who reads a secret may decrypt where the configuration comes with the package", async () => {
    const permissions = await allowedWith("");
    expect(whoMay(permissions, "kms:Decrypt")).toEqual(whoMay(permissions, "ssm:GetParameter"));
  });

  test("only schedules of this account may have a schedule's role", async () => {
    const config = await readConfig(join(await folderWith({ "lookout.yml": CONFIG }), "lookout.yml"), {});
    const { Resources } = await stackOf({ fanout, config, place: "", name: "lookout-prod" });
    const trusts = Object.values<{ Type: string; Properties: Record<string, never> }>(Resources)
      .filter(({ Type }) => Type === "AWS::IAM::Role")
      // biome-ignore lint/suspicious/noExplicitAny: a template is looked into field by field
      .map(({ Properties }): any => Properties["AssumeRolePolicyDocument"]!["Statement"][0]);
    const ofSchedules = trusts.filter(({ Principal }) => Principal.Service === "scheduler.amazonaws.com");
    expect(ofSchedules).toHaveLength(fanout === "on" ? 2 : 1);
    for (const { Condition } of ofSchedules) {
      expect(Object.keys(Condition.StringEquals)).toEqual(["aws:SourceAccount"]);
    }
  });
});
