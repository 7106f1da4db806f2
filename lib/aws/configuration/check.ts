// Checks a configuration that was fetched as `lookout check` does one in a file; loaded only where there is one.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openConfig } from "../../app/open-config.ts";
import { compact } from "../../config/document/compact.ts";
import { readDocument } from "../../config/document/document.ts";
import { ConfigError } from "../../config/document/finding.ts";
import type { Environment } from "../../config/environment.ts";
import { mayHoldSecrets } from "../../config/lint/copying.ts";
import type { Clock } from "../../model/clock.ts";
import type { Redactor } from "../../model/redactor.ts";
import type { Checked } from "./newest.ts";
import { Refused } from "./refused.ts";

export interface CheckOptions {
  /** What it is called in findings. */
  name: string;
  /** Folder of the rule packs. */
  packsDir: string;
  env: Environment;
  clock: Clock;
  redactor: Redactor;
}

/** Throws Refused with what is wrong with it. */
export async function checkText(text: string, { name, ...options }: CheckOptions): Promise<Checked> {
  const folder = await mkdtemp(join(tmpdir(), "lookout-"));
  const path = join(folder, "lookout.yml");
  try {
    await writeFile(path, text);
    const { config } = await openConfig(path, options);
    // As it was read: in the configuration some variables have their values.
    const document = await readDocument(path, name);
    const copy = mayHoldSecrets(config, document.root) ? undefined : compact(document);
    return { config: { ...config, file: name }, copy };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Refused(error.message.replaceAll(path, name));
  } finally {
    await rm(folder, { recursive: true });
  }
}
