// Where a configuration may come from beside the package, as LOOKOUT_CONFIG and the parameter `config` name it. Pure.

export type RemotePlace =
  | { kind: "s3"; bucket: string; key: string }
  | { kind: "ssm"; name: string }
  | { kind: "appconfig"; application: string; environment: string; profile: string };

const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(\S{1,1024})$/;
const SSM = /^ssm:(\/?[A-Za-z0-9_.-][A-Za-z0-9_./-]{0,1010})$/;
const APPCONFIG = /^appconfig:([a-z0-9]{4,7})\/([a-z0-9]{4,7})\/([a-z0-9-]{4,36})$/;

const FORMS = "expected s3://BUCKET/KEY, ssm:NAME or appconfig:APPLICATION/ENVIRONMENT/PROFILE, the last with ids";

/** Undefined for the path of a file. Throws Error where it is neither that nor a place. */
export function remotePlaceOf(text: string): RemotePlace | undefined {
  const [, bucket, key] = S3.exec(text) ?? [];
  if (bucket !== undefined && key !== undefined) return { kind: "s3", bucket, key };
  const [, name] = SSM.exec(text) ?? [];
  if (name !== undefined) return { kind: "ssm", name };
  const [, application, environment, profile] = APPCONFIG.exec(text) ?? [];
  if (application !== undefined && environment !== undefined && profile !== undefined) {
    return { kind: "appconfig", application, environment, profile };
  }
  if (/^(s3|ssm|appconfig):/.test(text)) throw new Error(`"${text}" is no place of a configuration: ${FORMS}`);
  return undefined;
}
