// `npm run sbom`: the bill of materials of a running Lookout, as CycloneDX 1.6 JSON on standard output. The same lock
// file gives the same document: it has no time and no random number (https://cyclonedx.org/docs/1.6/json/).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Dependency, dependencies, ROOT } from "./dependencies.ts";

export function sbom() {
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const own = purl(name, version);
  const all = dependencies();
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: { "bom-ref": own, type: "application", name, version, purl: own, licenses: licensesOf(license) },
    },
    components: all.map(component),
    dependencies: [{ ref: own, dependsOn: all.map(({ name, version }) => purl(name, version)) }],
  };
}

function component({ name, version, license, integrity, optional }: Dependency) {
  const ref = purl(name, version);
  const content = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
  return {
    "bom-ref": ref,
    type: "library",
    name,
    version,
    purl: ref,
    scope: optional ? "optional" : "required",
    hashes: [{ alg: "SHA-512", content }],
    licenses: licensesOf(license),
  };
}

function licensesOf(license: string): object[] {
  return /^[\w.-]+$/.test(license) ? [{ license: { id: license } }] : [{ expression: license }];
}

function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(sbom(), null, 2)}\n`);
