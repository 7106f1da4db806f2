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
  secrets?: string;
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
  return preflight(config, { environments: { poll: {}, notify: {} }, secrets: "lookout", ...given });
}

describe("what the functions would not get", () => {
  const both = (variables: Record<string, unknown>) => ({ environments: { poll: variables, notify: variables } });
  const fine: [string, Case][] = [
    ["parameters under the prefix", { url: "${ssm:/lookout/chat}" }],
    ["a version of a parameter", { url: "${ssm:/lookout/chat:3}" }],
    ["secrets under the prefix", { url: "${secretsmanager:lookout/chat#url}" }],
    ["their ARNs", { url: "${secretsmanager:arn:aws:secretsmanager:eu-central-1:1:secret:lookout/chat-AbCdEf}" }],
    ["another prefix that was named", { url: "${ssm:/team/chat}", secrets: "team", auth: "auth: { token: x }" }],
    ["a variable that is set", { url: "${env:CHAT_URL}", ...both({ CHAT_URL: "https://chat.example" }) }],
    ["one whose value CloudFormation fills in", { url: "${env:CHAT_URL}", ...both({ CHAT_URL: { Ref: "Chat" } }) }],
    ["one that Lambda sets", { more: 'store: { type: dynamodb, table: t, region: "${env:AWS_REGION}" }' }],
    ["the usual variables", { auth: "", ...both({ HW_ACCESS_KEY: "a", HW_SECRET_KEY: "b", HW_SECURITY_TOKEN: "c" }) }],
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
    for (const way of ["${ssm:/lookout/…}", "${secretsmanager:lookout/…}", "provider.environment"]) {
      expect(refused[0]).toContain(way);
    }
    expect(warnings).toEqual([]);
  });

  const doubtful: [string, Case, RegExp][] = [
    [
      "a parameter elsewhere",
      { url: "${ssm:/other/chat}" },
      /\$\{ssm:\/other\/chat\}, which the functions' role may not/,
    ],
    ["one that only begins alike", { url: "${ssm:/lookout2/chat}" }, /may not read: only \$\{ssm:\/lookout\/…\} or/],
    [
      "a secret elsewhere",
      { url: "${secretsmanager:chat#url}" },
      /\$\{secretsmanager:chat#url\}, .*--param=secrets=PREFIX/,
    ],
    ["a file", { url: "${file:chat.txt}" }, /\$\{file:chat\.txt\}, but no file of secrets is packaged/],
    [
      "a variable of some functions",
      { url: "${env:CHAT_URL}", environments: { poll: {}, notify: { CHAT_URL: "x" } } },
      /\$\{env:CHAT_URL\}, which these functions do not get: poll$/,
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
