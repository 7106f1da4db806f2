// What a configuration refers to and the functions on AWS would not get: `deploy` refuses it, `package` warns of it.
import { basename } from "node:path";
import { type Document, readDocument } from "../lib/config/document/document.ts";
import { field, fieldsOf, itemsOf } from "../lib/config/document/raw.ts";
import { defaultAuth } from "../lib/config/load/fill.ts";
import { type Reference, referencesIn, referencesOf } from "../lib/config/secrets/references.ts";

export interface Deployment {
  /** By function: the variables that serverless.yml sets for it. */
  environments: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
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

/** What the functions can read by themselves: their roles name exactly what the configuration does. */
const READABLE = "${ssm:/NAME} or ${secretsmanager:NAME}";

/** Looks at the file at `config`, which has been checked. */
export async function preflight(config: string, deployment: Deployment): Promise<Preflight> {
  const document = await readDocument(config, config);
  const usual = usualReferences(document, deployment);
  const references = distinct([...referencesOf(document), ...usual]);
  const file = basename(config);
  const refused = [
    ...missing(references, deployment),
    ...plain(distinct([...secretReferences(document), ...usual]), deployment),
    ...tokenless(document, deployment),
  ];
  return {
    refused: refused.map((problem) => `${file} ${problem}`),
    warnings: [...partly(references, deployment), ...unpackaged(references)].map((problem) => `${file} ${problem}`),
  };
}

/** A console that everybody would reach, and nobody could use. */
function tokenless({ root }: Document, { openConsole }: Deployment): string[] {
  if (!openConsole || field(field(root, "console"), "token") !== undefined) return [];
  return ["has no console.token, without which LOOKOUT_CONSOLE=on answers nobody: set it, or deploy with =iam"];
}

/** A connection without `auth` refers to the usual variables. */
function usualReferences({ root }: Document, { environments }: Deployment): Reference[] {
  const connections = fieldsOf(field(root, "connections"));
  if (connections.every(([, connection]) => field(connection, "auth") !== undefined)) return [];
  const token = Object.values(environments).some((one) => isSet(one["HW_SECURITY_TOKEN"]));
  return referencesIn(defaultAuth(token ? { HW_SECURITY_TOKEN: "set" } : {}));
}

/** The references where secrets stand. Of a connection its credentials alone are secret. */
function secretReferences({ root }: Document): Reference[] {
  const connections = fieldsOf(field(root, "connections")).map(([, connection]) => field(connection, "auth"));
  const others = [
    field(root, "channels"),
    field(field(root, "health"), "heartbeat"),
    field(field(root, "console"), "token"),
  ];
  const targets = itemsOf(field(root, "sources")).flatMap((source) => itemsOf(field(source, "targets")));
  return referencesIn([...connections, ...others, ...targets.map((target) => field(target, "header"))]);
}

function distinct(references: readonly Reference[]): Reference[] {
  return [...new Map(references.map((reference) => [reference.text, reference])).values()];
}

function missing(references: readonly Reference[], deployment: Deployment): string[] {
  const functions = Object.keys(deployment.environments).length;
  const names = variables(references).filter((name) => lacking(name, deployment).length === functions);
  if (names.length === 0) return [];
  return [
    `refers to variables that the functions do not get: ${names.join(", ")}. Put the values where the functions can ` +
      `read them and write ${READABLE} in place of \${env:…}; what is no secret can be written out, or set under ` +
      "environment in deploy/aws/. Connections without auth need HW_ACCESS_KEY and HW_SECRET_KEY: give them an auth",
  ];
}

/** Who may look at a function sees its variables. */
function plain(references: readonly Reference[], deployment: Deployment): string[] {
  const functions = Object.keys(deployment.environments).length;
  const names = variables(references).filter((name) => lacking(name, deployment).length < functions);
  if (names.length === 0) return [];
  return [
    `has secrets in variables of the functions, which everybody sees who may look at these: ${names.join(", ")}. Put ` +
      `the values into parameters or secrets, and write ${READABLE} in place of \${env:…}`,
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

/** No file of secrets is packaged. */
function unpackaged(references: readonly Reference[]): string[] {
  return references
    .filter(({ scheme }) => scheme === "file")
    .map(({ text }) => `refers to ${text}, but no file of secrets is packaged: write ${READABLE}`);
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
