// The schema of connections and sources as people write them: what is polled, and with which credentials.
import * as z from "zod";
import { Labels, SourceKind } from "../event.ts";
import { segmentProblem } from "../segment.ts";
import { Duration, Endpoint, Name, Positive, Text, Url } from "./file-fields.ts";

const KeyAuth = z.strictObject({
  accessKey: Text.describe("Access key id (AK); normally a reference such as ${env:HW_ACCESS_KEY}."),
  secretKey: Text.describe("Secret access key (SK); normally a reference."),
  securityToken: Text.optional().describe("Security token of temporary keys."),
});
const PasswordAuth = z.strictObject({
  username: Text.describe("IAM user."),
  password: Text.describe("Its password; normally a reference."),
  domain: Text.describe("The account (domain) that the user belongs to."),
});
const TokenAuth = z.strictObject({ token: Text.describe("An IAM token that something else renews.") });
export const Auth = z.union([KeyAuth, PasswordAuth, TokenAuth]);

export const Connection = z
  .strictObject({
    cloud: z
      .enum(["otc", "huaweicloud", "custom"])
      .describe("Gives the endpoints for the region; custom names its own."),
    region: Text.describe("Region, such as eu-de."),
    projectId: Text.optional().describe("Project id; or name the project with `project`."),
    project: Text.optional().describe("Project name, looked up once."),
    workspaces: z.array(Text).min(1).default(["0"]).describe("ModelArts workspaces in which targets are discovered."),
    requestsPerSecond: z
      .number()
      .positive("must be more than 0")
      .default(20)
      .describe("Budget of requests to the APIs of this cloud project, shared by everything that polls it."),
    auth: Auth.optional().describe(
      "Credentials: keys, user and password, or a token. Default: HW_ACCESS_KEY, HW_SECRET_KEY.",
    ),
    endpoints: z
      .strictObject({
        modelarts: Endpoint.optional().describe("URL of the ModelArts API."),
        ces: Endpoint.optional().describe("URL of the Cloud Eye API."),
        iam: Endpoint.optional().describe("URL of the IAM API."),
      })
      .optional()
      .describe("URLs that override those of the cloud."),
    links: z
      .record(Text, Text)
      .optional()
      .describe("A resource's page, by its type: a Liquid template over resource, region, project and connection."),
  })
  .describe("One cloud project and its credentials.");

const TargetId = Text.refine((id) => segmentProblem(id) === undefined, {
  error: ({ input }) => `is no id that can stand in an address: it ${segmentProblem(String(input))}`,
});

const TargetEntry = z.union([
  TargetId,
  z.strictObject({
    id: TargetId.describe("Id of the service, pool or training job."),
    name: Text.optional().describe("Name for people, where the API gives none."),
    labels: Labels.optional().describe("Labels of the target's events."),
    url: Url.optional().describe("Of kind http: the address that is asked."),
    method: z.enum(["GET", "HEAD", "POST"]).optional().describe("Of kind http: how it is asked. Default: GET."),
    status: z
      .array(z.int().min(100).max(599))
      .min(1)
      .optional()
      .describe("Of kind http: the answers that are good. Default: 200 to 299."),
    body: Text.optional().describe("Of kind http: a text that the answer's first 64 KB must hold."),
    header: z
      .record(Text.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "must be a header's name"), Text)
      .optional()
      .describe("Of kind http: headers that are sent; their values are normally references."),
  }),
]);

const Slow = z.strictObject({
  over: Positive.describe("An answer that takes longer is slow."),
  for: Duration.prefault("5m").describe("So long every answer must be slow."),
});

export const SourceEntry = z
  .strictObject({
    id: Name.optional().describe("Name of the source. Default: its kind."),
    kind: SourceKind.describe("Which API is polled."),
    connection: Name.optional().describe("Needed where there are several connections."),
    every: Positive.prefault("1m").describe("How often each target is polled."),
    lookback: Duration.prefault("15m").describe("Nothing older than a target's first poll minus this is evaluated."),
    lateness: Duration.optional().describe(
      "How late after its time an event may appear and is still found. Default: 10m, for cloud-eye-events 70m.",
    ),
    levels: z.enum(["all", "abnormal"]).default("all").describe("abnormal: ask the API for abnormal events only."),
    targets: z.array(TargetEntry).min(1).optional().describe("What to poll. Default: whatever is discovered."),
    discover: z
      .strictObject({
        status: z.array(Text).min(1).optional().describe("Only targets in one of these states."),
        name: Text.optional().describe("Only targets whose name matches this wildcard, such as prod-*."),
      })
      .optional()
      .describe("Which targets are discovered. Default: all, in all workspaces of the connection."),
    labels: Labels.default({}).describe("Labels of the source's events."),
    timeout: Positive.optional().describe(
      "Of kind http: an answer takes at most so long, body included. Default: 10s.",
    ),
    failures: z.int().min(1).max(100).optional().describe("Of kind http: down after so many in a row. Default: 2."),
    slow: Slow.optional().describe("Of kind http: when an endpoint that is up counts as slow. Default: never."),
    certificate: Duration.optional().describe(
      "Of kind http: how long before a certificate expires it is said. Default: 14d.",
    ),
  })
  .describe("One poller: a kind, a connection and its targets.");
