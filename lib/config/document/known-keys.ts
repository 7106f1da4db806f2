// Which keys a schema knows at a place, what a misspelled key is compared with, and which of them may be left out.
import type * as z from "zod";
import type { Place } from "../../model/place.ts";

type Schema = z.core.$ZodType;

/** The keys of the object, or of all objects of a choice, that the schema describes at `path`. */
export function keysAt(schema: Schema, path: Place): string[] {
  return [...new Set(objectsAt(schema, path).flatMap((shape) => Object.keys(shape)))];
}

/** Whether the key at `path` may be left out, in any of the objects that the schema describes there. */
export function isOptionalAt(schema: Schema, path: Place): boolean {
  return objectsAt(schema, path.slice(0, -1)).some((shape) => {
    const field = shape[path.at(-1)!] as z.core.$ZodTypes | undefined;
    return field !== undefined && OPTIONAL.includes(field._zod.def.type);
  });
}

const OPTIONAL: readonly string[] = ["optional", "default", "prefault"];

function objectsAt(schema: Schema, path: Place): Readonly<Record<string, Schema>>[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "default":
    case "prefault":
    case "nullable":
      return objectsAt(def.innerType, path);
    case "pipe":
      return objectsAt(def.in, path);
    case "union":
      return def.options.flatMap((option) => objectsAt(option, path));
    case "object": {
      const [step, ...rest] = path;
      if (step === undefined) return [def.shape];
      const field = def.shape[step];
      return field === undefined ? [] : objectsAt(field, rest);
    }
    case "record":
      return path.length === 0 ? [] : objectsAt(def.valueType, path.slice(1));
    case "array":
      return path.length === 0 ? [] : objectsAt(def.element, path.slice(1));
    default:
      return [];
  }
}
