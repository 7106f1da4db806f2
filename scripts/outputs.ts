// `npm run outputs`: writes docs/json-outputs.md, every field of what `--json` prints, from the schemas.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { OUTPUTS } from "../lib/cli/outputs/names.ts";
import { outputJsonSchema, outputs } from "../lib/cli/outputs/outputs.ts";

interface Schema {
  $ref?: string;
  const?: unknown;
  enum?: unknown[];
  type?: string | string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  $defs?: Record<string, Schema>;
}

const HEAD = `# What \`--json\` prints

For whoever reads Lookout's output in a script: every field, and what it holds.

\`lookout schema NAME\` prints each of these as a JSON Schema. A list prints one document per line, everything else one
document. Times are ISO 8601 in UTC. \`field?\` may be absent; \`*\` stands for any name, such as that of a channel. A
field that goes away or changes its kind is a change that breaks scripts, and is in the [changes](../CHANGELOG.md);
fields may be added. The console's API answers in the same shapes. \`npm run outputs\` writes this page, and a test
compares it.
`;

/** The page, as the schemas have it now. */
export function outputsPage(): string {
  const parts = OUTPUTS.map((name) => {
    const schema = outputJsonSchema(name) as Schema;
    const choices = topOf(schema, name).anyOf ?? [topOf(schema, name)];
    const tables = choices.map((choice) => {
      const rows = fieldsOf(choice, "").map(([field, kind]) => `| \`${field}\` | ${kind} |`);
      return `| field | holds |\n| --- | --- |\n${rows.join("\n")}\n`;
    });
    return `## ${name}\nPrinted by ${outputs[name].by}.\n\n${tables.join("\nOr:\n\n")}`;
  });
  return [HEAD, ...parts].join("\n");
}

/** A schema that is used elsewhere too stands among the definitions, its own use included. */
function topOf(schema: Schema, name: string): Schema {
  return schema.$ref === undefined ? schema : schema.$defs![name]!;
}

function fieldsOf({ properties = {}, required = [] }: Schema, path: string): [field: string, kind: string][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    return below(schema, `${path}${name}${required.includes(name) ? "" : "?"}`);
  });
}

function below(schema: Schema, field: string): [string, string][] {
  const { inner, nullable } = withoutNull(schema);
  const or = nullable ? " or null" : "";
  if (inner.properties !== undefined) {
    return [...(nullable ? [[field, "object or null"] as [string, string]] : []), ...fieldsOf(inner, `${field}.`)];
  }
  if (inner.items !== undefined) return below(inner.items, `${field}[]`);
  if (typeof inner.additionalProperties === "object" && Object.keys(inner.additionalProperties).length > 0) {
    return below(inner.additionalProperties, `${field}.*`);
  }
  return [[field, kindOf(inner) + or]];
}

function withoutNull(schema: Schema): { inner: Schema; nullable: boolean } {
  const inner = schema.anyOf?.filter(({ type }) => type !== "null");
  return inner?.length === 1 && schema.anyOf?.length === 2
    ? { inner: inner[0]!, nullable: true }
    : { inner: schema, nullable: false };
}

function kindOf({ $ref, const: only, enum: words, type, anyOf }: Schema): string {
  if ($ref !== undefined) return `[${$ref.split("/").at(-1)}](#${$ref.split("/").at(-1)})`;
  if (only !== undefined) return `\`${only}\``;
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(", ");
  if (anyOf !== undefined) return anyOf.map(kindOf).join(" or ");
  return [type ?? "anything"].flat().join(" or ");
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, "../docs/json-outputs.md"), outputsPage());
