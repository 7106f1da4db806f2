// `lookout schema`: the JSON Schemas of lookout.yml, of included files of rules and of rule tests, for editors.
import { DONE, type Io, jsonDocument } from "./io.ts";

export type SchemaName = "config" | "rules" | "test";

export const SCHEMA_NAMES: readonly SchemaName[] = ["config", "rules", "test"];

export async function schemaCommand(io: Io, name: SchemaName): Promise<number> {
  // Loaded when it is asked for: every command line looks at the names.
  const { configJsonSchema, rulesJsonSchema, testJsonSchema } = await import("../config/load/json-schema.ts");
  const { channelTypes } = await import("../channels/registry.ts");
  const schemas = { config: () => configJsonSchema(channelTypes), rules: rulesJsonSchema, test: testJsonSchema };
  jsonDocument(io, schemas[name]());
  return DONE;
}
