// The JSON Schema of lookout.yml for editors, made from the definition that files are checked against.
import * as z from "zod";
import { Channel, ConfigFile } from "../model/config-file.ts";
import type { ChannelOptions } from "./check-routes.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** JSON Schema draft 2020-12 of the file as written; each channel type with its own options. */
export function configJsonSchema(channelTypes: ReadonlyMap<string, ChannelOptions>): JsonSchema {
  const schema = written(ConfigFile);
  const channels = schema.properties?.["channels"] as JsonSchema;
  channels.additionalProperties = {
    oneOf: [...channelTypes].map(([type, { options }]) => channelSchema(type, options)),
  };
  return { title: "Lookout configuration", description: "lookout.yml", ...schema };
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
