// What the parts of the stack have in common: resources of CloudFormation, and the functions they belong to.

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  [attribute: string]: unknown;
}
export type Resources = Record<string, Resource>;

/** Something that CloudFormation fills in. */
export type Value = string | { Ref: string } | { "Fn::GetAtt": [string, string] } | { "Fn::Sub": string };

/** A function of serverless.yml. */
export interface StackFunction {
  /** Its key in serverless.yml, such as `poll-http`. */
  key: string;
  /** Its name on AWS, such as `lookout-prod-poll-http`. */
  name: string;
  /** The logical id of its log group. */
  logGroup: string;
  /** Logical ids of the queues that invoke it. */
  queues: readonly string[];
}

export function att(resource: string, attribute = "Arn"): Value {
  return { "Fn::GetAtt": [resource, attribute] };
}

/** `poll-http` as CloudFormation can have it in a logical id: `PollHttp`. */
export function pascal(key: string): string {
  return key.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase());
}

/** The ARN of something in the stack's own account and region, unless others are given. */
export function arn(
  service: string,
  resource: string,
  region = "${AWS::Region}",
  account = "${AWS::AccountId}",
): Value {
  return { "Fn::Sub": `arn:\${AWS::Partition}:${service}:${region}:${account}:${resource}` };
}
