// Lint: regions and projects that the cloud would not know, and values of channels that are wrong
// behind their references.
import { expect, test } from "vitest";
import { file, lint } from "./linting.ts";

const ID = "0123456789abcdef0123456789abcdef";
const ENDPOINTS = "endpoints: { modelarts: http://127.0.0.1, ces: http://127.0.0.1 }";
const connection = (fields: string) => file({ connections: `{ prod: { ${fields} } }` });

test.each<[sentence: string, fields: string, ...printed: string[]]>([
  [
    "a misspelled region",
    `cloud: otc, region: eu-dee, projectId: ${ID}`,
    'lookout.yml:1:44: "eu-dee" is no region known of cloud otc; did you mean "eu-de"? For a newer one, set endpoints',
  ],
  [
    "another cloud's region",
    `cloud: otc, region: cn-north-4, projectId: ${ID}`,
    'lookout.yml:1:44: "cn-north-4" is no region known of cloud otc; known are eu-de, eu-nl',
  ],
  [
    "a region that is newer than this version",
    `cloud: huaweicloud, region: ap-southeast-9, projectId: ${ID}`,
    'lookout.yml:1:52: "ap-southeast-9" is no region known of cloud huaweicloud; did you mean "ap-southeast-',
  ],
  [
    "a project's name for its id",
    "cloud: otc, region: eu-de, projectId: eu-de_shop",
    'lookout.yml:1:62: "projectId" is not 32 hexadecimal digits, as project ids of cloud otc are; copy it from the console',
  ],
  [
    "an id that is one digit short, from a variable",
    'cloud: otc, region: eu-de, projectId: "${env:PROJECT}"',
    'lookout.yml:1:62: "projectId" is not 32 hexadecimal digits',
  ],
  ["regions of Huawei Cloud", `cloud: huaweicloud, region: cn-southwest-2, projectId: ${ID}`, ""],
  ["a project by its name", "cloud: otc, region: eu-nl, project: eu-nl_shop", ""],
  ["a cloud of one's own", `cloud: custom, region: here-1, projectId: shop, ${ENDPOINTS}`, ""],
  ["endpoints that are all named", `cloud: otc, region: eu-dee, projectId: shop, ${ENDPOINTS}`, ""],
  [
    "endpoints that are not all named",
    `cloud: otc, region: eu-dee, projectId: ${ID}, endpoints: { ces: http://127.0.0.1 }`,
    'lookout.yml:1:44: "eu-dee" is no region known of cloud otc',
  ],
])("%s", async (_, fields, ...printed) => {
  const env = { PROJECT: ID.slice(1) };
  const lines = (await lint({ "lookout.yml": connection(fields) }, env)).split("\n");
  expect(lines.map((line, index) => line.slice(0, printed[index]?.length))).toEqual(printed);
});

test.each<[sentence: string, channel: string, ...printed: string[]]>([
  [
    "an address that is none, in a variable",
    '{ type: slack, url: "${env:BAD}" }',
    'lookout.yml:4:38: with the value of ${env:BAD}, "url" is not an http(s) address; correct the variable or file',
  ],
  [
    "one in a file",
    '{ type: slack, url: "${file:bad.txt}" }',
    'lookout.yml:4:38: with the value of ${file:bad.txt}, "url" is not an http(s) address',
  ],
  [
    "one that two references make",
    '{ type: slack, url: "https://${env:BAD}/${env:GOOD}" }',
    'lookout.yml:4:38: with the value of ${env:BAD} and ${env:GOOD}, "url" is not an http(s) address',
  ],
  [
    "a signing secret that is none",
    '{ type: webhook, url: "${env:GOOD}", secret: "${env:BAD}" }',
    'lookout.yml:4:63: with the value of ${env:BAD}, "secret" is not a signing secret',
  ],
  [
    "one of two signing secrets that is none",
    '{ type: webhook, url: "${env:GOOD}", secret: ["${env:SIGN}", "${env:BAD}"] }',
    'lookout.yml:4:79: with the value of ${env:BAD}, "secret" is not a signing secret',
  ],
  [
    "a mail server that is none",
    '{ type: smtp, url: "${env:GOOD}", from: "${env:BAD}", to: [a@x.example] }',
    'lookout.yml:4:37: with the value of ${env:GOOD}, "url" is not a mail server',
    'lookout.yml:4:58: with the value of ${env:BAD}, "from" is not a mail address',
  ],
  ["an address that is one", '{ type: slack, url: "${env:GOOD}" }', ""],
  ["an address from AWS, which is not asked", '{ type: slack, url: "${ssm:/a}${env:BAD}" }', ""],
  [
    "a variable that is not set, which is reported once",
    '{ type: slack, url: "${env:GONE}" }',
    "lookout.yml:4:38: ${env:GONE} has no value",
  ],
])("%s: reported without its value", async (_, channel, ...printed) => {
  const files = { "lookout.yml": file({ channels: `{ out: ${channel} }` }), "bad.txt": "not a%url" };
  const env = { BAD: "not a%url", GOOD: "https://chat.example/hook", SIGN: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
  const text = await lint(files, env);
  const lines = text.split("\n");
  expect(lines.map((line, index) => line.slice(0, printed[index]?.length))).toEqual(printed);
  expect(text).not.toContain("not a%url");
});
