// JSON Schemas for editors of the files that people write, made from the definitions that those are checked against.
import * as z from "zod";
import { Channel, ConfigFile } from "../../model/files/config-file.ts";
import { PackFile } from "../../model/files/rule-file.ts";
import { TestFile } from "../../model/files/test-file.ts";
import type { ChannelOptions } from "../check/routes.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** JSON Schema draft 2020-12 of lookout.yml as written; each channel type with its own options. */
export function configJsonSchema(channelTypes: ReadonlyMap<string, ChannelOptions>): JsonSchema {
  const schema = written(ConfigFile);
  const channels = schema.properties?.["channels"] as JsonSchema;
  channels.additionalProperties = {
    oneOf: [...channelTypes].map(([type, { options }]) => channelSchema(type, options)),
  };
  return { title: "Lookout configuration", description: "lookout.yml", ...schema };
}

/** The same of a file of rules that lookout.yml includes. */
export function rulesJsonSchema(): JsonSchema {
  return { title: "Lookout rules", description: "Rules that a lookout.yml includes", ...written(PackFile) };
}

/** The same of a `*.test.yml`. */
export function testJsonSchema(): JsonSchema {
  return { title: "Lookout rule tests", description: "*.test.yml", ...written(TestFile) };
}

/** The options' schema with the keys that every channel has put before its own. */
function channelSchema(type: string, options: z.ZodType): JsonSchema {
  const { $schema: _own, ...own } = written(options);
  const { $schema: _common, ...common } = written(Channel);
  const properties = { ...common.properties, type: { ...(common.properties?.["type"] as JsonSchema), const: type } };
  const add = (schema: JsonSchema): JsonSchema => ({
    ...schema,
    properties: { ...properties, ...schema.properties },
    required: ["type", ...(schema.required ?? [])],
  });
  const choice = own.anyOf ?? own.oneOf;
  return choice === undefined ? add(own) : { anyOf: (choice as JsonSchema[]).map(add) };
}

function written(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", target: "draft-2020-12", unrepresentable: "any" });
}
