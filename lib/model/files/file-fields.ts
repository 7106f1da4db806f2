// Fields that the files people write are made of, and what is said of a value that is none;
// durations become milliseconds.
import * as z from "zod";
import { isBlockedPort } from "../blocked-ports.ts";
import { DURATION, parseDuration } from "../duration.ts";

export const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "must be a name: letters, digits, '.', '_' and '-', at most 63");
export const Text = z.string().min(1);
/** Written as `10m`, kept as milliseconds. */
export const Duration = durationOr("must have a unit: 0s");
export const Positive = durationOr("must be longer than 0s").refine((ms) => ms > 0, "must be longer than 0s");
export const Url = z
  .string()
  .refine((text) => text.includes("${") || isWebUrl(text), "must be an http(s) URL, or a reference to one");
export const PostgresUrl = z.string().refine((text) => text.includes("${") || /^postgres(ql)?:\/\/./.test(text), {
  error: "must be a URL such as postgres://user:password@host:5432/database, or a reference to one",
});
/** The address of an API, whose credentials stand elsewhere. */
export const Endpoint = Url.refine((text) => !namesUser(text), {
  error: "must hold no user or password: credentials go into auth",
}).refine((text) => !isBlockedPort(portOf(text)), {
  error: ({ input }) => `must have another port: nothing is ever sent to port ${portOf(String(input))}, as in browsers`,
});
export const Instant = z.iso.datetime({ offset: true, error: "must be an instant such as 2026-11-20T22:00:00Z" });
/** Editors learn that a field is a list or an object; the rest is the pattern compiler's. */
export const PatternObject = z
  .record(z.string(), z.unknown())
  .meta({ additionalProperties: { type: ["array", "object"] } });

/** `ofZero` is said of a bare 0, which people write where no unit would matter. */
function durationOr(ofZero: string) {
  const error = ({ input }: { input?: unknown }) =>
    input === "0" ? ofZero : "must be a duration such as 30s, 10m, 2h or 7d";
  return z
    .string()
    .regex(DURATION, { error })
    .refine((text) => !DURATION.test(text) || parseDuration(text) !== undefined, "must be at most 3650d")
    .transform((text) => parseDuration(text) as number);
}

function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

function namesUser(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== "" || url.password !== "");
}

/** -1 where it is the protocol's own, or the text is no address. */
function portOf(text: string): number {
  return Number(URL.parse(text)?.port || -1);
}
