// What a configuration names on AWS: parameters, secrets, its table, and what its channels send to. The functions may
// reach exactly that.
import { secretPlaces } from "../../lib/app/connections/secrets.ts";
import type { RemotePlace } from "../../lib/aws/configuration/place.ts";
import { type Reference, referencesIn } from "../../lib/config/secrets/references.ts";
import type { ChannelConfig, Config } from "../../lib/model/config.ts";
import { arn, type Value } from "./template.ts";

export interface Grant {
  Action: string[];
  Resource: Value[];
}

export interface Needs {
  /** Reading the configuration itself, where it does not come with the package. */
  configuration: Grant[];
  /** Reading every parameter and secret that is named: who reads events clears them of each. */
  secrets: Grant[];
  /** Reading those of channels and of the console alone. */
  sendingSecrets: Grant[];
  /** Sending by channels that are services of AWS. */
  channels: Grant[];
  /** The table that the configuration names, where it names one. */
  table: Value | undefined;
  /** What cannot be granted, because it is not known before the functions run. */
  unknown: string[];
}

export function needsOf(config: Config, place: RemotePlace | undefined): Needs {
  const sending = [Object.values(config.channels).map(({ options }) => options), config.console?.token];
  const channels = Object.entries(config.channels).map(([name, channel]) => channelGrant(name, channel));
  return {
    configuration: place === undefined ? [] : [placeGrant(place)],
    secrets: secretGrants(referencesIn(secretPlaces(config))),
    sendingSecrets: secretGrants(referencesIn(sending)),
    channels: channels.flatMap((one) => (typeof one === "object" ? [one] : [])),
    table: tableOf(config),
    unknown: channels.filter((one) => typeof one === "string"),
  };
}

function placeGrant(place: RemotePlace): Grant {
  if (place.kind === "s3") {
    const object = { "Fn::Sub": `arn:\${AWS::Partition}:s3:::${place.bucket}/${place.key}` };
    return { Action: ["s3:GetObject", "s3:GetObjectVersion"], Resource: [object] };
  }
  if (place.kind === "ssm") return grant("ssm:GetParameter", parameterArn(place.name));
  const { application, environment, profile } = place;
  const path = `application/${application}/environment/${environment}/configuration/${profile}`;
  const actions = ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"];
  return { Action: actions, Resource: [arn("appconfig", path)] };
}

function tableOf({ store }: Config): Value | undefined {
  return store.type === "dynamodb" ? arn("dynamodb", `table/${store.table}`, store.region) : undefined;
}

function secretGrants(references: readonly Reference[]): Grant[] {
  const named = (scheme: Reference["scheme"]) =>
    [...new Set(references.filter((one) => one.scheme === scheme).map(({ name }) => name))].sort();
  return [
    ...granted("ssm:GetParameter", named("ssm").map(parameterArn)),
    ...granted("secretsmanager:GetSecretValue", distinct(named("secretsmanager").map(secretArn))),
  ];
}

/** No statement where there is nothing to allow. */
function granted(action: string, resources: Value[]): Grant[] {
  return resources.length === 0 ? [] : [{ Action: [action], Resource: resources }];
}

function distinct(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** A version or label that is asked for is no part of the ARN. */
function parameterArn(name: string): Value {
  if (name.startsWith("arn:")) return name.replace(/(:parameter\/[^:]*):.*$/, "$1");
  return arn("ssm", `parameter/${name.replace(/:.*$/, "").replace(/^\//, "")}`);
}

/** AWS adds a dash and six characters to the name that a secret was given. */
function secretArn(name: string): Value {
  const [id = ""] = name.split("#");
  if (!id.startsWith("arn:")) return arn("secretsmanager", `secret:${id}-??????`);
  return /-\w{6}$/.test(id) ? id : `${id}-??????`;
}

/** By type: what it takes to send; a text says why that is not known; undefined where nothing is to be allowed. */
const SENDING: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Grant | string>> = {
  sns({ topicArn }) {
    // A number has no ARN: AWS allows SMS to all numbers or to none.
    if (topicArn === undefined) return 'an SMS by "phone" needs a permission for every number; publish to a topic';
    return isKnown(topicArn) ? grant("sns:Publish", String(topicArn)) : unknownOf("topicArn");
  },
  sqs({ queueUrl }) {
    const [, region, account, queue] = QUEUE_URL.exec(String(queueUrl)) ?? [];
    if (queue === undefined) return unknownOf("queueUrl");
    return grant("sqs:SendMessage", arn("sqs", queue, region, account));
  },
  eventbridge({ bus, region }) {
    const name = String(bus ?? "default");
    if (!isKnown(name) || !isKnown(region ?? "")) return unknownOf("bus");
    return grant(
      "events:PutEvents",
      name.startsWith("arn:") ? name : arn("events", `event-bus/${name}`, regionOf(region)),
    );
  },
  ses({ from, region }) {
    const [, address, domain] = ADDRESS.exec(String(from)) ?? [];
    if (domain === undefined || !isKnown(region ?? "")) return unknownOf("from");
    const identity = (name: string) => arn("ses", `identity/${name}`, regionOf(region));
    return { Action: ["ses:SendEmail", "ses:SendRawEmail"], Resource: [identity(domain), identity(address!)] };
  },
};
const QUEUE_URL = /^https:\/\/sqs\.([a-z0-9-]{2,40})\.amazonaws\.com(?:\.cn)?\/(\d{12})\/([\w-]{1,80}(?:\.fifo)?)$/;
const ADDRESS = /^(?:[^<$]{0,200}<)?([^\s<>$@]{1,64}@([a-z0-9.-]{1,255}))>?$/i;

function channelGrant(name: string, { type, options }: ChannelConfig): Grant | string | undefined {
  const found = SENDING[type]?.(options);
  return typeof found === "string" ? `channel ${name}: ${found}` : found;
}

function grant(action: string, resource: Value): Grant {
  return { Action: [action], Resource: [resource] };
}

function isKnown(value: unknown): boolean {
  return !String(value).includes("${");
}

function regionOf(region: unknown): string | undefined {
  return region === undefined ? undefined : String(region);
}

function unknownOf(key: string): string {
  return `"${key}" is not written out, so that no function may send there; write it out, it is no secret`;
}
