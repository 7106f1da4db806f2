// The configurations that `init` and `simulate --write` write: short, and with comments that say how to go on.
import { connectionOf } from "../../simulator/describe.ts";

export interface InitAnswers {
  cloud: string;
  region: string;
  /** Id or name. */
  project: string;
  channel: string;
  /** The variable that holds the channel's address or key. */
  address: string;
}

/** The channels to begin with: the option that takes their address or key, and the usual variable for it. */
export const CHANNELS: Record<string, { option: string; variable: string } | { option: undefined; variable: "" }> = {
  slack: { option: "url", variable: "CHAT_URL" },
  teams: { option: "url", variable: "CHAT_URL" },
  feishu: { option: "url", variable: "CHAT_URL" },
  dingtalk: { option: "url", variable: "CHAT_URL" },
  wecom: { option: "url", variable: "CHAT_URL" },
  discord: { option: "url", variable: "CHAT_URL" },
  webhook: { option: "url", variable: "WEBHOOK_URL" },
  pagerduty: { option: "routingKey", variable: "PAGERDUTY_KEY" },
  opsgenie: { option: "apiKey", variable: "OPSGENIE_KEY" },
  console: { option: undefined, variable: "" },
};

const RULES = `rules: # packs that come with Lookout (docs/rule-packs.md); your own rules stand beside them
  - include: modelarts/services
  - include: modelarts/pools
  - include: modelarts/training
  - include: cloud-eye/core
`;

export function initText({ cloud, region, project, channel, address }: InitAnswers): string {
  const named = /^[0-9a-f]{32}$/.test(project) ? "projectId" : "project";
  const { option } = CHANNELS[channel]!;
  const place = option === undefined ? "" : `, ${option}: "\${env:${address}}"`;
  return `# What Lookout watches and whom it notifies; every key: docs/configuration.md
#   npx lookout check --live     (do the credentials work, what is there to watch?)
#   npx lookout run
connections:
  prod:
    cloud: ${cloud}
    region: ${region}
    ${named}: "${project}"
    # Secrets stay in the environment (or \${file:path}). Permissions: docs/operations.md#permissions
    auth: { accessKey: "\${env:HW_ACCESS_KEY}", secretKey: "\${env:HW_SECRET_KEY}" }

sources: # without targets, everything the project has is discovered and watched; remove what you do not use
  - { kind: service-events }
  - { kind: service-updates }
  - { kind: pool-events }
  - { kind: training-events }
  - { kind: cloud-eye-events }

${RULES}
# timezone: Europe/Berlin        # of messages and lists; default: UTC

route: # who is notified of what; routes below it take some alerts elsewhere (docs/on-call.md)
  channels: [chat]
  groupBy: [rule]

channels: # docs/channels.md has every type with its options
  chat: { type: ${channel}${place} }
`;
}

/** All of the simulated cloud on this process's own output. `secretFile`: where its public secret key stands. */
export function simulatedText(address: Parameters<typeof connectionOf>[0] & Keys, secretFile: string): string {
  const connection = connectionOf(address)
    .replace(`"\${env:HW_ACCESS_KEY}"`, address.credentials.accessKey)
    .replace(`"\${env:HW_SECRET_KEY}"`, JSON.stringify(`\${file:${secretFile}}`));
  return `# The simulated cloud of \`lookout simulate\`, as long as it runs; its keys are public.
#   npx lookout run --config THIS_FILE
${connection}
sources:
  - { kind: service-events, every: 5s }
  - { kind: service-updates, every: 5s }
  - { kind: pool-events, every: 5s }
  - { kind: training-events, every: 5s }
  - { kind: cloud-eye-events, every: 5s }

${RULES}
route: # a day passes in minutes here, so groups speak again sooner
  channels: [out]
  groupBy: [rule]
  groupInterval: 10s

channels:
  out: { type: console }
`;
}

interface Keys {
  credentials: { accessKey: string };
}
