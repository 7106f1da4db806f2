// Secret references: where values come from, what is said when there is none, and that no value is ever shown.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import { createSecrets, type Secrets } from "../../../lib/config/secrets/secrets.ts";
import { type AwsSecrets, SecretError } from "../../../lib/config/secrets/values.ts";
import { type Files, writeFiles } from "../workspace.ts";

interface Setup {
  env?: Record<string, string>;
  files?: Files;
  aws?: AwsSecrets;
  now?: () => number;
}

async function setup({
  env = {},
  files = {},
  aws,
  now = () => 0,
}: Setup): Promise<Secrets & { redact(text: string): string }> {
  const redactor = createRedactor();
  const baseDir = await writeFiles(files);
  const secrets = createSecrets({ env, baseDir, now, redactor, ...(aws ? { aws } : {}) });
  return { ...secrets, redact: redactor.redact };
}

/** An AWS that has the given values and counts how often it was asked. */
function fakeAws(values: Record<string, string>): AwsSecrets & { asked: number } {
  const aws = { asked: 0, parameter: look, secret: look };
  async function look(name: string): Promise<string> {
    aws.asked++;
    const value = values[name];
    if (value === undefined) throw Object.assign(new Error("value: topsecret"), { name: "ParameterNotFound" });
    return value;
  }
  return aws;
}

test("text and references mix, from the environment and from files", async () => {
  const secrets = await setup({ env: { HOST: "h.example", KEY: "k" }, files: { "s/token": "t0ken\n" } });
  expect(await secrets.resolve("https://${env:HOST}/a/${env:KEY}?t=${file:s/token}")).toBe(
    "https://h.example/a/k?t=t0ken",
  );
  expect(await secrets.resolve("nothing ${here}")).toBe("nothing ${here}");
});

test("a value that looks like a reference is not resolved again", async () => {
  const secrets = await setup({ env: { A: "${env:B}", B: "secret" } });
  expect(await secrets.resolve("${env:A}")).toBe("${env:B}");
});

test("a variable by the name of what every object has is one that is not set", async () => {
  const secrets = await setup({});
  for (const name of ["constructor", "toString", "__proto__"]) {
    await expect(secrets.resolve(`\${env:${name}}`)).rejects.toThrow(`set the environment variable ${name}`);
  }
});

test("of a file one newline at the end is left out, and a change is seen", async () => {
  const secrets = await setup({ files: { a: "one\r\n", b: "two\n\n", c: " three " } });
  expect(await secrets.resolve("${file:a}|${file:b}|${file:c}")).toBe("one|two\n| three ");
});

test("parameters and secrets come from AWS once in five minutes, the keys of a secret by name", async () => {
  let now = 0;
  const aws = fakeAws({ "/a": "parameter", "arn:x": '{"user":"u","pin":1234}', plain: "whole" });
  const secrets = await setup({ aws, now: () => now });
  const text = "${ssm:/a} ${secretsmanager:arn:x#user} ${secretsmanager:arn:x#pin} ${secretsmanager:plain}";
  expect(await secrets.resolve(text)).toBe("parameter u 1234 whole");
  expect(aws.asked).toBe(4);
  await secrets.resolve(text);
  expect(aws.asked).toBe(4);
  now = 300_000;
  await secrets.resolve("${ssm:/a}");
  expect(aws.asked).toBe(5);
});

test("what was refused is asked of AWS anew, at most once a minute, and then serves all", async () => {
  let now = 0;
  const values: Record<string, string> = { "/a": "old" };
  const aws = fakeAws(values);
  const secrets = await setup({ aws, now: () => now });
  const options = { key: "${ssm:/a}" };
  await secrets.resolveDeep(options);
  values["/a"] = "new";
  expect(await secrets.resolveDeep(options)).toEqual({ key: "old" });
  expect(await secrets.resolveDeep(options, { anew: true })).toEqual({ key: "new" });
  expect(await secrets.resolveDeep(options)).toEqual({ key: "new" });
  now = 59_999;
  await secrets.resolveDeep(options, { anew: true });
  expect(aws.asked).toBe(2);
  now = 60_000;
  await secrets.resolveDeep(options, { anew: true });
  expect(aws.asked).toBe(3);
});

test("an AWS that does not answer the one who asks anew leaves the others what they have", async () => {
  const values: Record<string, string> = { "/a": "value" };
  const secrets = await setup({ aws: fakeAws(values) });
  await secrets.resolve("${ssm:/a}");
  delete values["/a"];
  await expect(secrets.resolveDeep("${ssm:/a}", { anew: true })).rejects.toThrow(SecretError);
  expect(await secrets.resolve("${ssm:/a}")).toBe("value");
});

test("a failure is not remembered", async () => {
  const values: Record<string, string> = {};
  const secrets = await setup({ aws: fakeAws(values) });
  await expect(secrets.resolve("${ssm:/late}")).rejects.toThrow(SecretError);
  values["/late"] = "there";
  expect(await secrets.resolve("${ssm:/late}")).toBe("there");
});

test.each([
  ["an unset variable", "${env:NONE}", "${env:NONE} has no value: set the environment variable NONE"],
  ["an empty variable", "${env:EMPTY}", "${env:EMPTY} is empty: give the environment variable EMPTY a value"],
  ["a missing file", "${file:none}", "${file:none} has no value: there is no such file; expected it at "],
  ["an empty file", "${file:blank}", "${file:blank} is empty: write the value into "],
  ["a folder", "${file:.}", "${file:.} has no value: the file cannot be read (EISDIR)"],
  [
    "a missing parameter",
    "${ssm:/none}",
    "${ssm:/none} could not be read from AWS (ParameterNotFound): check that it exists",
  ],
  [
    "a secret that is no JSON",
    "${secretsmanager:text#a}",
    "${secretsmanager:text#a} has no value: the secret is not JSON",
  ],
  [
    "a key that the secret lacks",
    "${secretsmanager:json#b}",
    '${secretsmanager:json#b} has no value: the secret has no key "b"',
  ],
])("%s is reported by name, without a value", async (_, text, message) => {
  const aws = fakeAws({ text: "topsecret", json: '{"a":"topsecret"}' });
  const secrets = await setup({ env: { EMPTY: "" }, files: { blank: "\n" }, aws });
  const error = await secrets.resolve(`x ${text}`).catch((reason: unknown) => reason as SecretError);
  expect(error).toBeInstanceOf(SecretError);
  expect((error as SecretError).message).toContain(message);
  expect((error as SecretError).message).not.toContain("topsecret");
});

test("without AWS its references say so, and everything else works", async () => {
  const secrets = await setup({ env: { A: "a" } });
  await expect(secrets.resolve("${ssm:/a}")).rejects.toThrow("references to AWS are not available here");
  expect(await secrets.resolve("${env:A}")).toBe("a");
});

test("problems of variables and files are listed, those of AWS not tried", async () => {
  const aws = fakeAws({});
  const secrets = await setup({ aws });
  expect(await secrets.problems("${env:A} ${file:b} ${ssm:/c}")).toHaveLength(2);
  expect(aws.asked).toBe(0);
});

test("what was resolved is blotted out, in every spelling", async () => {
  const secrets = await setup({ env: { KEY: 'pa"ss wörd', HOOK: "T00/B00/xyzzy" } });
  const auth = { username: "watcher", password: "${env:KEY}" };
  expect(await secrets.resolveDeep(auth)).toEqual({ username: "watcher", password: 'pa"ss wörd' });
  const options = [{ url: "https://h/${env:HOOK}", n: 1, on: true, none: null }];
  expect(await secrets.resolveDeep(options)).toEqual([{ url: "https://h/T00/B00/xyzzy", n: 1, on: true, none: null }]);
  const spellings = [
    'pa"ss wörd',
    encodeURIComponent('pa"ss wörd'),
    JSON.stringify('pa"ss wörd'),
    btoa("T00/B00/xyzzy"),
  ];
  expect(secrets.redact(spellings.join(" "))).toBe('[secret] [secret] "[secret]" [secret]');
  expect(secrets.redact("watcher at https://h/T00/B00/xyzzy and T00/B00/xyzzy")).toBe(
    "watcher at [secret] and [secret]",
  );
});

test("secrets that stand in the file itself are blotted out too, short values are not", async () => {
  const secrets = await setup({});
  await secrets.resolveDeep({
    secretKey: "literal-key",
    headers: { Authorization: "Bearer abc" },
    token: "12345",
    name: "visible",
  });
  expect(secrets.redact("literal-key Bearer abc 12345 visible")).toBe("[secret] [secret] 12345 visible");
});

test("a secret that holds another leaves nothing of itself", () => {
  const redactor = createRedactor();
  for (const value of ["abcdef", "abcdefghi", "xabcdefghi"]) redactor.add(value);
  expect(redactor.redact("xabcdefghi abcdefghi abcdef")).toBe("[secret] [secret] [secret]");
});

describe("what is issued over and over, as tokens are", () => {
  const token = (at: number, length = 40) => `${at}-`.padEnd(length, "t0k3n");

  test.each<[string, { tokens: string[]; remembered: number }]>([
    ["short ones: about the last 200", { tokens: Array.from({ length: 257 }, (_, at) => token(at)), remembered: 192 }],
    [
      "long ones: a quarter of a megabyte",
      { tokens: Array.from({ length: 18 }, (_, at) => token(at, 32_768)), remembered: 6 },
    ],
  ])("is remembered in bounds, %s", (_, { tokens, remembered }) => {
    const redactor = createRedactor();
    for (const one of tokens) redactor.addPassing(one);
    const hidden = tokens.map((one) => !redactor.redact(`token: ${one}`).includes(one));
    expect(hidden).toEqual(tokens.map((_, at) => at >= tokens.length - remembered));
  });

  test("is remembered as long as it is used, and takes no other secret with it", () => {
    const redactor = createRedactor();
    redactor.add("the-configured-secret");
    redactor.addPassing("the-configured-secret");
    redactor.addPassing("a-token-in-use");
    for (let at = 0; at < 1_000; at++) {
      redactor.addPassing(token(at));
      redactor.addPassing("a-token-in-use");
    }
    expect(redactor.redact("the-configured-secret a-token-in-use")).toBe("[secret] [secret]");
  });
});

test("references to files are relative to the configuration, whatever the folder of the process", async () => {
  const baseDir = await writeFiles({ "etc/key": "value" });
  const secrets = createSecrets({ env: {}, baseDir: join(baseDir, "etc"), now: () => 0, redactor: createRedactor() });
  expect(await secrets.resolve("${file:key} ${file:../etc/key}")).toBe("value value");
});
