// `npm run audit`: known vulnerabilities of what a running Lookout is made of, where the registry answers that. Exit 1:
// there are some of level moderate or above.
import { spawnSync } from "node:child_process";

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], { encoding: "utf8" });
const { vulnerabilities, metadata, message } = JSON.parse(stdout || "{}") as {
  vulnerabilities?: Record<string, { severity: string; name: string; range: string }>;
  metadata?: { vulnerabilities: { moderate: number; high: number; critical: number } };
  message?: string;
};
if (vulnerabilities === undefined || metadata === undefined) {
  const why = message?.replace(/https?:\S+/g, "…") ?? "no answer";
  console.log(`NOT AUDITED: the registry answers no audits (${why})`);
} else {
  for (const { severity, name, range } of Object.values(vulnerabilities)) console.log(`${severity}: ${name} ${range}`);
  const { moderate, high, critical } = metadata.vulnerabilities;
  console.log(`${moderate + high + critical} known vulnerabilities of level moderate or above`);
  process.exitCode = moderate + high + critical > 0 ? 1 : 0;
}
