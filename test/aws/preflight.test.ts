// What a configuration refers to and the functions would not get is found before it is deployed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Deployment, preflight } from "../../scripts/preflight.ts";
import { folderWith } from "../support/cli.ts";

const KEYS = 'auth: { accessKey: "${ssm:/lookout/a}", secretKey: "${ssm:/lookout/b}" }';

interface Case {
  auth?: string;
  url?: string;
  /** More of the file. */
  more?: string;
  environments?: Deployment["environments"];
  openConsole?: boolean;
}

async function judged({ auth = KEYS, url = "https://chat.example", more = "", ...given }: Case) {
  const folder = await folderWith({});
  const config = join(folder, "own.yml");
  writeFileSync(
    config,
    `connections: { prod: { cloud: otc, region: eu-de, project: x${auth === "" ? "" : `, ${auth}`} } }
sources: [{ kind: training-events }]
rules: [{ id: any, when: { level: [error] } }]
channels: { chat: { type: slack, url: "${url}" } }
${more}`,
  );
  return preflight(config, { environments: { poll: {}, notify: {} }, ...given });
}

describe("what the functions would not get", () => {
  const both = (variables: Record<string, unknown>) => ({ environments: { poll: variables, notify: variables } });
  const fine: [string, Case][] = [
    ["parameters", { url: "${ssm:/lookout/chat}" }],
    ["a version of a parameter", { url: "${ssm:/lookout/chat:3}" }],
    ["secrets", { url: "${secretsmanager:lookout/chat#url}" }],
    ["their ARNs", { url: "${secretsmanager:arn:aws:secretsmanager:eu-central-1:1:secret:lookout/chat-AbCdEf}" }],
    [
      "a variable that is set and holds no secret",
      { auth: `${KEYS}, endpoints: { iam: "https://\${env:IAM}" }`, ...both({ IAM: "x" }) },
    ],
    [
      "one whose value CloudFormation fills in",
      { more: 'store: { type: dynamodb, table: "${env:T}" }', ...both({ T: { Ref: "Table" } }) },
    ],
    ["one that Lambda sets", { more: 'store: { type: dynamodb, table: t, region: "${env:AWS_REGION}" }' }],
    [
      "a console that asks for its token",
      { openConsole: true, more: "console: { token: 0123456789abcdef0123456789abcdef }" },
    ],
    ["a reference where none is resolved", { more: 'silences: [{ match: {}, comment: "${env:NO}" }]' }],
  ];
  test.each(fine)("%s are no reason for anything", async (_, given) => {
    expect(await judged(given)).toEqual({ refused: [], warnings: [] });
  });

  const missing: [string, Case, string][] = [
    ["in a channel", { url: "${env:CHAT_URL}" }, "CHAT_URL"],
    ["in the heartbeat", { more: 'health: { heartbeat: "https://x/${env:ID}?${env:KEY}" }' }, "ID, KEY"],
    ["in an endpoint", { auth: `${KEYS}, endpoints: { iam: "https://\${env:IAM}" }` }, "IAM"],
    ["in the store", { more: 'store: { type: dynamodb, table: "${env:TABLE}" }' }, "TABLE"],
    ["twice", { url: "${env:A}", more: 'health: { heartbeat: "https://x/${env:A}" }' }, "A"],
    ["with an empty value", { url: "${env:CHAT_URL}", ...both({ CHAT_URL: "" }) }, "CHAT_URL"],
    ["by a connection without auth", { auth: "" }, "HW_ACCESS_KEY, HW_SECRET_KEY"],
  ];
  test.each(missing)("a variable that is needed %s and not given is refused by its name", async (_, given, names) => {
    const { refused, warnings } = await judged(given);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain(`own.yml refers to variables that the functions do not get: ${names}. `);
    for (const way of ["${ssm:/NAME}", "${secretsmanager:NAME}", "deploy/aws/"]) {
      expect(refused[0]).toContain(way);
    }
    expect(warnings).toEqual([]);
  });

  const plain: [string, Case, string][] = [
    ["a channel's address", { url: "${env:CHAT_URL}", ...both({ CHAT_URL: "https://chat.example" }) }, "CHAT_URL"],
    [
      "one that CloudFormation fills in",
      { url: "${env:CHAT_URL}", ...both({ CHAT_URL: { Ref: "Chat" } }) },
      "CHAT_URL",
    ],
    ["one of some functions", { url: "${env:A}", environments: { poll: {}, notify: { A: "x" } } }, "A"],
    [
      "the usual credentials",
      { auth: "", ...both({ HW_ACCESS_KEY: "a", HW_SECRET_KEY: "b" }) },
      "HW_ACCESS_KEY, HW_SECRET_KEY",
    ],
  ];
  test.each(plain)("%s in a plain variable is refused by its name", async (_, given, names) => {
    const { refused } = await judged(given);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain(`which everybody sees who may look at these: ${names}. `);
  });

  const doubtful: [string, Case, RegExp][] = [
    ["a file", { url: "${file:chat.txt}" }, /\$\{file:chat\.txt\}, but no file of secrets is packaged/],
    [
      "a variable of some functions",
      { auth: `${KEYS}, endpoints: { iam: "https://\${env:IAM}" }`, environments: { poll: {}, notify: { IAM: "x" } } },
      /\$\{env:IAM\}, which these functions do not get: poll$/,
    ],
  ];
  test.each(doubtful)("%s is warned of", async (_, given, message) => {
    const { refused, warnings } = await judged(given);
    expect(refused).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(message);
  });
});

test("a console that everybody reaches, and that has no token, is refused", async () => {
  const { refused } = await judged({ openConsole: true });
  expect(refused).toEqual([expect.stringMatching(/^own\.yml has no console\.token, without which LOOKOUT_CONSOLE=on/)]);
});
