// A configuration in an S3 object. What has not changed costs one request without an answer's body.
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CLIENT, type Current, MAX_BYTES, type Origin } from "./port.ts";

/** What an object has for a version where its bucket keeps none; and what names its content then. */
const UNVERSIONED = "null";
const CONTENT = "etag ";

export function s3Origin({ bucket, key }: { bucket: string; key: string }): Origin {
  const client = new S3Client(CLIENT);
  let etag: string | undefined;

  async function get(more: { IfNoneMatch?: string; VersionId?: string }): Promise<Current> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...more });
    const answer = await client.send(command);
    if ((answer.ContentLength ?? 0) > MAX_BYTES) throw new Error(`s3://${bucket}/${key} is larger than 1 MB`);
    const text = (await answer.Body?.transformToString()) ?? "";
    const { VersionId = UNVERSIONED } = answer;
    const version = VersionId === UNVERSIONED ? `${CONTENT}${answer.ETag}` : VersionId;
    function done(): void {
      etag = answer.ETag;
    }
    return { text, version, at: answer.LastModified?.getTime() ?? 0, done };
  }

  const keeps = (version: string): boolean => !version.startsWith(CONTENT);

  return {
    keeps,
    async ask() {
      try {
        return await get(etag === undefined ? {} : { IfNoneMatch: etag });
      } catch (error) {
        if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 304) return undefined;
        throw error;
      }
    },
    version: async (name) => (keeps(name) ? get({ VersionId: name }) : undefined),
  };
}
