// What a person needs to point Lookout, or any other client, at a running simulator.
import type { Simulator } from "./server.ts";

interface Address {
  url: string;
  credentials: Pick<Simulator["credentials"], "projectId">;
}

/** Several lines for a terminal: where it is, what it accepts, and the beginning of a lookout.yml for it. */
export function describeSimulator({ url, credentials }: Pick<Simulator, "url" | "credentials">): string {
  return `Simulated cloud at ${url} (ModelArts, Cloud Eye and IAM on one port; every name and key here is public)

  project     ${credentials.projectId} (${credentials.projectName})
  access key  ${credentials.accessKey}
  secret key  ${credentials.secretKey}
  user        ${credentials.username}, password ${credentials.password}, domain ${credentials.domain}

export HW_ACCESS_KEY=${credentials.accessKey} HW_SECRET_KEY=${credentials.secretKey}

# lookout.yml
${everything({ url, credentials })}`;
}

/** The one connection of a lookout.yml for it, as YAML lines; its keys are in the environment. */
export function connectionOf({ url, credentials }: Address, name = "prod"): string {
  return `connections:
  ${name}:
    cloud: custom
    region: eu-de
    projectId: "${credentials.projectId}"
    auth: { accessKey: "\${env:HW_ACCESS_KEY}", secretKey: "\${env:HW_SECRET_KEY}" }
    endpoints: { modelarts: "${url}", ces: "${url}", iam: "${url}" }
`;
}

/** What polls everything the simulator has, as YAML. */
function everything(address: Address): string {
  return `${connectionOf(address, "simulated")}sources:
  - { kind: service-events, every: 5s }
  - { kind: service-updates, every: 5s }
  - { kind: pool-events, every: 5s }
  - { kind: training-events, every: 5s }
  - { kind: cloud-eye-events, every: 5s }
`;
}
