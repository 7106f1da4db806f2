// `lookout schema`: the JSON Schema of lookout.yml, for editors.
import { channelTypes } from "../channels/registry.ts";
import { configJsonSchema } from "../config/json-schema.ts";
import { DONE, type Io, jsonDocument } from "./io.ts";

export function schemaCommand(io: Io): number {
  jsonDocument(io, configJsonSchema(channelTypes));
  return DONE;
}
