// The packages that a running Lookout is made of, as the lock file has them: what the bill of
// materials and the notice list.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "..");

export interface Dependency {
  name: string;
  version: string;
  /** As the package states it, an SPDX expression. */
  license: string;
  /** `sha512-…`, which npm checks when it installs. */
  integrity: string;
  /** Folder, from the root on. */
  path: string;
  /** Only what a checkout brings along: Node itself. */
  optional: boolean;
}

interface Locked {
  version: string;
  license?: string;
  integrity?: string;
  dev?: boolean;
  optional?: boolean;
}

/**
 * By name, then version; those for development and tests are not among them. Throws where one has
 * no licence or no checksum.
 */
export function dependencies(): Dependency[] {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const packages = Object.entries(lock.packages as Record<string, Locked>);
  const found = packages.flatMap(([path, { version, license, integrity, dev, optional }]): Dependency[] => {
    if (path === "" || dev) return [];
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (license === undefined) throw new Error(`${name} states no licence`);
    if (integrity === undefined) throw new Error(`${name} has no checksum in package-lock.json`);
    return [{ name, version, license, integrity, path, optional: optional === true }];
  });
  return found.sort((a, b) => order(a.name, b.name) || order(a.version, b.version));
}

export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
