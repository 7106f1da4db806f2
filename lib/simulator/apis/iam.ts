// The two IAM APIs that a poller needs: a token for a password, and the id of a project by its name.
// https://support.huaweicloud.com/intl/en-us/api-iam/iam_30_0001.html and iam_06_0001.html
import * as z from "zod";
import { readQuery } from "../query.ts";
import { Refusal } from "../refusal.ts";
import { type Answer, type Call, jsonBody } from "./call.ts";

const TokenRequest = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.tuple([z.literal("password")]),
      password: z.object({
        user: z.object({ name: z.string(), password: z.string(), domain: z.object({ name: z.string() }) }),
      }),
    }),
    scope: z
      .object({
        project: z.object({ id: z.string().optional(), name: z.string().optional() }).optional(),
        domain: z.object({ id: z.string().optional(), name: z.string().optional() }).optional(),
      })
      .optional(),
  }),
});

/** POST /v3/auth/tokens: the token is in the X-Subject-Token header. Without a project in its scope it is for none. */
export function createToken(call: Call): Answer {
  const query = readQuery(call.query, ["nocatalog"]);
  const parsed = TokenRequest.safeParse(jsonBody(call));
  if (!parsed.success) throw new Refusal(400, "The request body is invalid.");
  const { identity, scope } = parsed.data.auth;
  const { credentials } = call;
  const { user } = identity.password;
  const right =
    user.name === credentials.username &&
    user.password === credentials.password &&
    user.domain.name === credentials.domain;
  if (!right) throw new Refusal(401, "The username or password is wrong.");
  const project = scope?.project;
  const known = project?.id === credentials.projectId || project?.name === credentials.projectName;
  if (project && !known) throw new Refusal(401, "The project is not found.");
  const { token, expiresAt } = call.issueToken(project && credentials.projectId);
  const domain = { id: DOMAIN_ID, name: credentials.domain };
  return {
    status: 201,
    headers: { "X-Subject-Token": token },
    body: {
      token: {
        expires_at: microseconds(expiresAt),
        issued_at: microseconds(call.now),
        methods: ["password"],
        roles: [],
        user: { domain, id: USER_ID, name: credentials.username, password_expires_at: "" },
        ...(project ? { project: { domain, id: credentials.projectId, name: credentials.projectName } } : { domain }),
        ...(query.text("nocatalog") === undefined ? { catalog: [] } : {}),
      },
    },
  };
}

/** GET /v3/projects */
export function listProjects(call: Call): Answer {
  const query = readQuery(call.query, ["domain_id", "enabled", "is_domain", "name", "page", "parent_id", "per_page"]);
  const name = query.text("name");
  const { projectId, projectName } = call.credentials;
  const self = `${call.origin}/v3/projects`;
  const projects =
    name === undefined || name === projectName
      ? [
          {
            domain_id: DOMAIN_ID,
            is_domain: false,
            parent_id: DOMAIN_ID,
            name: projectName,
            description: "",
            links: { self: `${self}/${projectId}` },
            id: projectId,
            enabled: true,
          },
        ]
      : [];
  return { body: { links: { next: null, previous: null, self }, projects } };
}

const DOMAIN_ID = "d78cbac186b744899480f25bd022f468";
const USER_ID = "7116d09f88fa41908676fdd4b039e95b";

function microseconds(time: number): string {
  return new Date(time).toISOString().replace("Z", "000Z");
}
