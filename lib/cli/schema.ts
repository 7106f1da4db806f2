// `lookout schema`: the JSON Schemas of lookout.yml, of included files of rules and of rule tests, for editors.
import { channelTypes } from "../channels/registry.ts";
import { configJsonSchema, rulesJsonSchema, testJsonSchema } from "../config/json-schema.ts";
import { DONE, type Io, jsonDocument } from "./io.ts";

export type SchemaName = "config" | "rules" | "test";

const SCHEMAS: Readonly<Record<SchemaName, () => object>> = {
  config: () => configJsonSchema(channelTypes),
  rules: rulesJsonSchema,
  test: testJsonSchema,
};
export const SCHEMA_NAMES = Object.keys(SCHEMAS) as SchemaName[];

export function schemaCommand(io: Io, name: SchemaName): number {
  jsonDocument(io, SCHEMAS[name]());
  return DONE;
}
