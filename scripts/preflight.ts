// What a configuration refers to and the functions on AWS would not get: `deploy` refuses it, `package` warns of it.
import { basename } from "node:path";
import { readDocument } from "../lib/config/document/document.ts";
import { field, fieldsOf } from "../lib/config/document/raw.ts";
import { defaultAuth } from "../lib/config/load/fill.ts";
import { type Reference, referencesIn, referencesOf } from "../lib/config/secrets/references.ts";

export interface Deployment {
  /** By function: the variables that serverless.yml sets for it. */
  environments: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Prefix of the parameters and secrets that the functions' role may read. */
  secrets: string;
  /** The console has a URL that asks for its token alone. */
  openConsole?: boolean;
}

export interface Preflight {
  /** Why it cannot work as it is. */
  refused: string[];
  /** What will not work unless more was done than serverless.yml says. */
  warnings: string[];
}

/** Lambda sets these itself (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). */
const LAMBDA =
  /^(_HANDLER|TZ|LANG|PATH|NODE_PATH|LD_LIBRARY_PATH|(LAMBDA|AWS_LAMBDA)_.+|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV)$/;

/** Looks at the file at `config`, which has been checked. */
export async function preflight(config: string, deployment: Deployment): Promise<Preflight> {
  const references = await referencesTo(config, deployment);
  const file = basename(config);
  const refused = [...missing(references, deployment), ...(await tokenless(config, deployment))];
  return {
    refused: refused.map((problem) => `${file} ${problem}`),
    warnings: [...partly(references, deployment), ...unreadable(references, deployment)].map(
      (problem) => `${file} ${problem}`,
    ),
  };
}

/** A console that everybody would reach, and nobody could use. */
async function tokenless(config: string, { openConsole }: Deployment): Promise<string[]> {
  const { root } = await readDocument(config, config);
  if (!openConsole || field(field(root, "console"), "token") !== undefined) return [];
  return ["has no console.token, without which LOOKOUT_CONSOLE=on answers nobody: set it, or deploy with =iam"];
}

/** Each once. A connection without `auth` refers to the usual variables. */
async function referencesTo(config: string, { environments }: Deployment): Promise<Reference[]> {
  const document = await readDocument(config, config);
  const connections = fieldsOf(field(document.root, "connections"));
  const isUsual = connections.some(([, connection]) => field(connection, "auth") === undefined);
  const token = Object.values(environments).some((one) => isSet(one["HW_SECURITY_TOKEN"]));
  const usual = isUsual ? referencesIn(defaultAuth(token ? { HW_SECURITY_TOKEN: "set" } : {})) : [];
  const all = [...referencesOf(document), ...usual];
  return [...new Map(all.map((reference) => [reference.text, reference])).values()];
}

function missing(references: readonly Reference[], deployment: Deployment): string[] {
  const functions = Object.keys(deployment.environments).length;
  const names = variables(references).filter((name) => lacking(name, deployment).length === functions);
  if (names.length === 0) return [];
  return [
    `refers to variables that the functions do not get: ${names.join(", ")}. Keep the values where the functions can ` +
      `read them and write ${readable(deployment)} in place of \${env:…}, or set the variables under ` +
      "provider.environment in serverless.yml; connections without auth need HW_ACCESS_KEY and HW_SECRET_KEY",
  ];
}

function partly(references: readonly Reference[], deployment: Deployment): string[] {
  const functions = Object.keys(deployment.environments).length;
  return variables(references).flatMap((name) => {
    const without = lacking(name, deployment);
    if (without.length === 0 || without.length === functions) return [];
    return [`refers to \${env:${name}}, which these functions do not get: ${without.join(", ")}`];
  });
}

/** What the functions' role may not read, and files, which are not packaged. */
function unreadable(references: readonly Reference[], deployment: Deployment): string[] {
  const foreign = references.filter((reference) => !isReadable(reference, deployment)).map(({ text }) => text);
  const files = references.filter(({ scheme }) => scheme === "file").map(({ text }) => text);
  return [
    ...foreign.map(
      (text) =>
        `refers to ${text}, which the functions' role may not read: only ${readable(deployment)}. ` +
        "Move the value there, name another prefix with --param=secrets=PREFIX, or allow it under " +
        "provider.iam.role.statements in serverless.yml",
    ),
    ...files.map((text) => `refers to ${text}, but no file of secrets is packaged: write ${readable(deployment)}`),
  ];
}

function isReadable({ scheme, name }: Reference, { secrets }: Deployment): boolean {
  if (scheme === "ssm") return name.replace(/^arn:.*:parameter(?=\/)/, "").startsWith(`/${secrets}/`);
  if (scheme === "secretsmanager") return name.replace(/^arn:.*:secret:/, "").startsWith(`${secrets}/`);
  return true;
}

function readable({ secrets }: Deployment): string {
  return `\${ssm:/${secrets}/…} or \${secretsmanager:${secrets}/…}`;
}

function variables(references: readonly Reference[]): string[] {
  return references.filter(({ scheme, name }) => scheme === "env" && !LAMBDA.test(name)).map(({ name }) => name);
}

/** The functions that do not get the variable. */
function lacking(name: string, { environments }: Deployment): string[] {
  return Object.keys(environments).filter((one) => !isSet(environments[one]?.[name]));
}

/** An empty variable has no value either. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
