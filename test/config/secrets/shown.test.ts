// A secret that stands in the configuration, however it is miswritten, is in no message about it;
// one that others may read is reported.
import { execFileSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { lintExposure } from "../../../lib/config/lint/secrets.ts";
import { loadConfig } from "../../../lib/config/load/load.ts";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import { createSecrets } from "../../../lib/config/secrets/secrets.ts";
import { file, lint } from "../lint/linting.ts";
import { complaints, depsIn, MINIMAL, writeFiles } from "../workspace.ts";

const SECRET = "hunter2Hunter2";
const AUTH = (password: string) => `connections:
  prod:
    cloud: otc
    region: eu-de
    projectId: 0123456789abcdef0123456789abcdef
    auth:
      username: watcher
      domain: shop
      ${password}
${MINIMAL.slice(MINIMAL.indexOf("sources"))}`;
const FLOW = (password: string) =>
  AUTH("x: y").replace(/auth:[\s\S]*x: y/, `auth: { username: w, domain: d, ${password} }`);

test.each<[form: string, line: string]>([
  ["as an alias", `password: *${SECRET}`],
  ["as a tag", `password: !${SECRET}`],
  ["as a tag of YAML", `password: !!${SECRET}`],
  ["as a tag in brackets", `password: !<${SECRET}>`],
  ["as a tag with a value", `password: !${SECRET} x`],
  ["as a tag before a list", `password: !${SECRET} [x]`],
  ["as an anchor", `password: &${SECRET}`],
  ["as an anchor twice", `password: &${SECRET} &${SECRET} x`],
  ["as an alias with a value", `password: *${SECRET} x`],
  ["as an alias of itself", `password: &${SECRET} [*${SECRET}]`],
  ["as a directive", `password: %${SECRET}`],
  ["as a directive of the document", `password: x\n%${SECRET} x\n---`],
  ["as a reserved word", `password: @${SECRET}`],
  ["as a reserved word in backticks", `password: \`${SECRET}`],
  ["as a block", `password: |${SECRET}`],
  ["as a folded block", `password: >${SECRET}`],
  ["as a list that does not end", `password: [${SECRET}`],
  ["as a map", `password: {${SECRET}}`],
  ["as a map that does not end", `password: {${SECRET}`],
  ["as a list", `password: [${SECRET}]`],
  ["as an end of a list", `password: ]${SECRET}`],
  ["as an end of a map", `password: }${SECRET}`],
  ["as the item of a list", `password: - ${SECRET}`],
  ["as a key", `password: ? ${SECRET}`],
  ["as a map on a line", `password: x: ${SECRET}`],
  ["as a map on a line, reversed", `password: ${SECRET}: x`],
  ["as a quoted text that does not end", `password: "${SECRET}`],
  ["as a text in single quotes that does not end", `password: '${SECRET}`],
  ["behind a quoted text", `password: "x"${SECRET}`],
  ["with an escape that is none", `password: "\\${SECRET}"`],
  ["with a code that is none", `password: "\\u${SECRET}"`],
  ["with a reference that is none", `password: "\${${SECRET}}"`],
  ["with a reference of no scheme", `password: "\${vault:${SECRET}}"`],
  ["on a line of its own", `password:\n      ${SECRET}:`],
  ["on a line of its own that is not indented", `password:\n${SECRET}`],
  ["without a space after the colon", `password:${SECRET}`],
  ["with a tab", `password:\t\t${SECRET}: x`],
  ["given twice", `password: ${SECRET}\n      password: ${SECRET}`],
  ["as a document", `password: x\n--- ${SECRET}\n...`],
  ["under a key that is misspelled", `passwort: ${SECRET}`],
  ["in a key of another kind", `token: { value: ${SECRET} }`],
])("a secret %s is repeated in no message", async (_form, line) => {
  for (const yaml of [AUTH(line), FLOW(line.replace(/\n\s*/g, " ")), AUTH("password: x") + line]) {
    expect((await complaints(yaml)).toLowerCase()).not.toContain(SECRET.toLowerCase());
  }
});

const WHOLE = (rules: string, channels: string, more = ""): string =>
  `${MINIMAL.slice(0, MINIMAL.indexOf("rules"))}rules: [${rules}]\nchannels: { ${channels} }\n${more}`;
const RULE = "{ id: r, when: { level: [error] } }";
const CHAT = "chat: { type: console }";
const WEBHOOK = (more: string) => `hook: { type: webhook, url: "https://x.example/", ${more} }`;

test.each<[where: string, yaml: (secret: string) => string]>([
  ["as a key", (secret) => WHOLE(RULE, CHAT, `${secret}: 1`)],
  ["as a key of a channel", (secret) => WHOLE(RULE, `chat: { type: console, ${secret}: 1 }`)],
  ["as a key of a rule", (secret) => WHOLE(`{ id: r, when: { level: [error] }, ${secret}: 1 }`, CHAT)],
  ["as a key given twice", (secret) => WHOLE(RULE, WEBHOOK(`headers: { ${secret}: x, ${secret}: y }`))],
  ["as a channel's type", (secret) => WHOLE(RULE, `chat: { type: ${secret} }`)],
  ["as a format", (secret) => WHOLE(RULE, WEBHOOK(`format: ${secret}`))],
  ["as a store's type", (secret) => WHOLE(RULE, CHAT, `store: { type: ${secret} }`)],
  ["as an include", (secret) => WHOLE(`{ include: ${secret} }`, CHAT)],
  ["as an included file", (secret) => WHOLE(`{ include: ${secret}.yml }`, CHAT)],
  ["as an included address", (secret) => WHOLE(`{ include: "https://x.example/${secret}/r.yml" }`, CHAT)],
  ["in the name of a header", (secret) => WHOLE(RULE, WEBHOOK(`headers: { "Authorization: Bearer ${secret}": x }`))],
  ["in a header's name with a wrong value", (secret) => WHOLE(RULE, WEBHOOK(`headers: { "X-Key ${secret}": [x] }`))],
  ["as a header with a wrong value", (secret) => WHOLE(RULE, WEBHOOK(`headers: { ${secret}: [x] }`))],
  ["as a channel's name", (secret) => WHOLE(RULE, CHAT, `route: { channels: [${secret}] }`)],
  ["as a time zone", (secret) => WHOLE(RULE, CHAT, `timezone: ${secret}`)],
  ["as a field of a pattern", (secret) => WHOLE(`{ id: r, when: { level: [error], ${secret}: x } }`, CHAT)],
])("a secret in the wrong place is not quoted: %s", async (_where, yaml) => {
  for (const secret of [SECRET, "Zq7Kx92LmPw4Rt8VbNc3Yd6HsJf5GaUe1TiOoXkQ", "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"]) {
    const said = await complaints(yaml(secret));
    expect(said).toMatch(/^lookout\.yml:\d+:\d+: /);
    expect(said).not.toContain(secret.slice(0, 6));
  }
});

test("nor is a word that could be a password, where only known words can stand", async () => {
  expect(await complaints(WHOLE(RULE, "chat: { type: swordfish }", "letmein: 1"))).not.toMatch(/swordfish|letmein/);
});

test("nor is any text of chance in place of a password", async () => {
  const odd = fc.stringMatching(/^[-!*&%@`|>[\]{}"'?:#, \\]{1,4}$/);
  await fc.assert(
    fc.asyncProperty(odd, odd, async (before, after) => {
      for (const written of [AUTH, FLOW]) {
        const said = await complaints(written(`password: ${before}${SECRET}${after}`));
        expect(said).not.toContain(SECRET);
      }
    }),
    { numRuns: 60 },
  );
});

const HTTP = "http://alerts.example.com/hook";
const KEY = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";
const CONNECTION = (fields: string) => `{ prod: { cloud: custom, region: here, projectId: shop, ${fields} } }`;
const TLS = "endpoints: { modelarts: https://a.example, ces: https://a.example, iam: https://a.example }";
const REFERENCE = 'write a reference such as "${env:NAME}" or "${file:path}" in its place';
const CLEAR = (key: string) => `"${key}" is a secret in clear text; ${REFERENCE}`;
const USER = (key: string) =>
  `"${key}" holds a user or a password, which many receivers and proxies log; leave it out; a webhook takes headers: { Authorization: "\${env:NAME}" }, with "Basic …" as its value`;
const PLAIN = (key: string) => `"${key}" is an http:// address: credentials go there unencrypted; use https://`;

test.each<[sentence: string, parts: Parameters<typeof file>[0], ...messages: string[]]>([
  [
    "a secret key",
    { connections: CONNECTION(`${TLS}, auth: { accessKey: a, secretKey: ${SECRET} }`) },
    CLEAR("secretKey"),
  ],
  [
    "a password",
    { connections: CONNECTION(`${TLS}, auth: { username: u, password: ${SECRET}, domain: d }`) },
    CLEAR("password"),
  ],
  ["a token", { connections: CONNECTION(`${TLS}, auth: { token: ${SECRET} }`) }, CLEAR("token")],
  ["a reference", { connections: CONNECTION(`${TLS}, auth: { token: "\${env:TOKEN}" }`) }],
  ["a chat's address", { channels: `{ a: { type: feishu, url: "https://x.example/hook/${KEY}" } }` }, CLEAR("url")],
  [
    "a signing secret, and a header",
    {
      channels: `{ a: { type: dingtalk, url: "\${env:URL}", secret: ${SECRET} }, b: { type: webhook, url: "https://x.example/", headers: { X-Api-Key: ${SECRET}, Accept: x } } }`,
    },
    CLEAR("secret"),
    CLEAR("X-Api-Key"),
  ],
  [
    "one of two signing secrets, and the key of an integration",
    {
      channels: `{ a: { type: dingtalk, url: "\${env:URL}", secret: ["\${env:TOKEN}", ${SECRET}] }, b: { type: opsgenie, apiKey: ${SECRET} } }`,
    },
    CLEAR("secret"),
    CLEAR("apiKey"),
  ],
  [
    "a mail server's password; behind a reference it may stand in the address, which has no other place for it",
    {
      channels: `{ a: { type: smtp, url: "smtps://u:${SECRET}@x.example", from: a@x.example, to: [b@x.example], fallback: b }, b: { type: smtp, url: "\${env:MAIL_URL}", from: a@x.example, to: [b@x.example] } }`,
    },
    CLEAR("url"),
  ],
  [
    "one of several addresses without encryption",
    { channels: '{ a: { type: alertmanager, url: ["https://x.example", "${env:PLAIN}"] } }' },
    PLAIN("url"),
  ],
  [
    "an address with a password",
    { channels: `{ a: { type: webhook, url: "https://u:${SECRET}@x.example/" } }` },
    CLEAR("url"),
    USER("url"),
  ],
  [
    "an address with a user alone, behind a reference",
    { channels: `{ a: { type: slack, url: "\${env:USER_URL}" } }` },
    USER("url"),
  ],
  [
    "a database's password",
    { more: `store: { type: postgres, url: "postgres://u:${SECRET}@db.example/alerts" }` },
    CLEAR("url"),
  ],
  ["a database behind a reference", { more: 'store: { type: postgres, url: "${env:DATABASE_URL}" }' }],
  ["the heartbeat's address", { more: `health: { heartbeat: "https://hc.example/${KEY}" }` }, CLEAR("heartbeat")],
  ["an address without a key", { channels: '{ a: { type: webhook, url: "https://x.example/hooks/team-2" } }' }],
  [
    "an endpoint without encryption",
    {
      connections: CONNECTION(
        `endpoints: { modelarts: "http://a.example", ces: "http://127.0.0.1:8790", iam: "http://[::1]" }, auth: { token: "\${env:TOKEN}" }`,
      ),
    },
    PLAIN("modelarts"),
  ],
  [
    "a chat without encryption, behind a reference",
    { channels: '{ a: { type: slack, url: "${env:PLAIN}" } }' },
    PLAIN("url"),
  ],
  ["a webhook without encryption and without a key", { channels: '{ a: { type: webhook, url: "${env:PLAIN}" } }' }],
  [
    "a webhook without encryption, with a key",
    { channels: `{ a: { type: webhook, url: "\${env:PLAIN}?key=${KEY}" } }` },
    PLAIN("url"),
  ],
])("check tells what others may read: %s", async (_sentence, parts, ...messages) => {
  const env = {
    USER_URL: `https://${SECRET}@x.example/`,
    TOKEN: SECRET,
    URL: "https://x.example/",
    PLAIN: HTTP,
    DATABASE_URL: `postgres://u:${SECRET}@db.example/alerts`,
    MAIL_URL: `smtp://u:${SECRET}@x.example`,
  };
  const found = (await lint({ "lookout.yml": file(parts) }, env)).split("\n").filter((line) => line !== "");
  const said = found.map((line) => line.replace(/^lookout\.yml:\d+:\d+: /, ""));
  const open = "every user of this machine can read this file and the secrets in it; chmod 600 lookout.yml";
  const isClear = messages.some((message) => message.includes("clear text"));
  expect(said.sort()).toEqual([...messages, ...(isClear ? [open] : [])].sort());
  expect(found.join("\n")).not.toContain(SECRET);
});

test("a file with secrets that its owner alone reads has findings about its secrets alone", async () => {
  const folder = await writeFiles({
    "lookout.yml": file({ more: `health: { heartbeat: "https://hc.example/${KEY}" }` }),
  });
  const path = join(folder, "lookout.yml");
  await chmod(path, 0o600);
  const { config, places } = await loadConfig(path, depsIn(folder));
  const findings = await lintExposure(config, places, { resolveLocal: async (text) => text });
  expect(findings.map(({ message }) => message)).toEqual(['"heartbeat" is a secret in clear text']);
});

test.each([
  ["a pipe that nobody writes to", "pipe"],
  ["a device that never ends", "/dev/zero"],
  ["a file that is no secret, by its size", "large"],
])("a secret's file is refused and not waited for: %s", async (_sentence, name) => {
  const folder = await writeFiles({ large: "x".repeat(70_000) });
  execFileSync("mkfifo", [join(folder, "pipe")]);
  const secrets = createSecrets({ env: {}, baseDir: folder, now: () => 0, redactor: createRedactor() });
  await expect(secrets.resolve(`\${file:${name}}`)).rejects.toThrow("is no regular file of at most 64 KB");
});
