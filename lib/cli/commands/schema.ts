// `lookout schema`: the JSON Schemas of the files that people write, for editors, and of what `--json` prints.
import { DONE, type Io, jsonDocument } from "../io.ts";
import { LISTS, type OutputName, type SchemaName } from "../outputs/names.ts";

/** Everything is loaded when it is asked for: every command line looks at the names. */
export async function schemaCommand(io: Io, name: SchemaName): Promise<number> {
  jsonDocument(io, await schemaOf(name));
  return DONE;
}

async function schemaOf(name: SchemaName): Promise<object> {
  if (name === "config" || name === "rules" || name === "test") {
    const { configJsonSchema, rulesJsonSchema, testJsonSchema } = await import("../../config/load/json-schema.ts");
    const { channelTypes } = await import("../../channels/registry.ts");
    return { config: () => configJsonSchema(channelTypes), rules: rulesJsonSchema, test: testJsonSchema }[name]();
  }
  const { outputJsonSchema } = await import("../outputs/outputs.ts");
  return outputJsonSchema(name in LISTS ? LISTS[name as keyof typeof LISTS] : (name as OutputName));
}
