// What the commands of the Serverless framework make, for tests: its template, and what is in its archives.
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
/** What the framework writes into the folder of a service. */
const BUILT = new Set([".build", ".serverless"]);
const FILE = "serverless.yml";
const CLI = join(ROOT, "node_modules/serverless/bin/serverless.js");

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is looked into field by field
  Properties: any;
  DeletionPolicy?: string;
  DependsOn?: string | string[];
}
export type Resources = Record<string, Resource>;

/** Runs a command of the framework, offline and without credentials unless `env` has some; `folder` is its home, and has the service. */
export function runServerless(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const own = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    // Each command but the first finds the framework's code compiled.
    NODE_COMPILE_CACHE: join(folder, "compiled"),
    // Those that run side by side build the same.
    SOURCE_DATE_EPOCH: "1700000000",
  };
  return run(process.execPath, [CLI, ...args], { cwd: serviceIn(folder), env: { ...own, ...env } });
}

/** The checkout again, with nothing built: several test files package at the same time. */
function serviceIn(folder: string): string {
  const service = join(folder, "service");
  if (existsSync(service)) return service;
  mkdirSync(service);
  for (const name of readdirSync(ROOT)) {
    if (!BUILT.has(name) && name !== FILE) symlinkSync(join(ROOT, name), join(service, name));
  }
  // The framework wants it to be no link.
  copyFileSync(join(ROOT, FILE), join(service, FILE));
  return service;
}

/** The resources of the template in the folder of a package. */
export function resourcesIn(packaged: string): Resources {
  return JSON.parse(readFileSync(templateOf(packaged), "utf8")).Resources;
}

export function templateOf(packaged: string): string {
  return join(packaged, "cloudformation-template-update-stack.json");
}

/** Names of the files in a zip archive, as its central directory has them. */
export function filesIn(archive: string): string[] {
  const bytes = readFileSync(archive);
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const files: string[] = [];
  for (let at = bytes.readUInt32LE(end + 16), left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    files.push(bytes.toString("utf8", at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return files;
}
