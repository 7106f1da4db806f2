// How bad an alert is.
import * as z from "zod";

export const Severity = z.enum(["critical", "error", "warning", "info"]);
export type Severity = z.infer<typeof Severity>;
