// What the errors of PostgreSQL and of the way to it mean for a person: what is wrong and what to do; never a password.
import { StoreConflict, StoreError } from "../port.ts";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html, and codes of Node, in words of what to do. */
const REASONS: Readonly<Record<string, string>> = {
  "28P01": "refuses the password. Check user and password in store.url; special characters must be percent-encoded",
  "28000": "refuses this user or this way to connect. Check store.url (user, sslmode) and the server's pg_hba.conf",
  "3D000": "does not exist. Make it (createdb, or CREATE DATABASE), or name another one in store.url",
  "42501":
    "denies permissions. The user of store.url must own the table lookout_rows, or where there is none have CREATE and USAGE on " +
    "the schema: GRANT CREATE, USAGE ON SCHEMA public TO …",
  "3F000": "has no schema to make the table in. Make it, or name another with options=-c search_path=… in store.url",
  "42P01": "has lost the table lookout_rows. Restore a backup, or start again: it is made anew, without what it held",
  "53100": "cannot grow: the server's disk is full. Free some space; nothing that was committed is lost",
  "53200": "is out of memory on its server",
  "53300": "has too many connections. Raise max_connections: each Lookout process takes up to five",
  "25006":
    "is read-only: this server is a standby, or default_transaction_read_only is on. Name the primary in store.url",
  "57014": "took longer than 15 seconds for a statement. Check the server's load and its disk",
  "55P03":
    "is in use: another process has held the lock of a row for 10 seconds. End that process, or look into pg_locks",
  "57P03": "is starting up or shutting down. Try again in a moment",
  ECONNREFUSED: "cannot be reached: nothing listens there. Check host and port in store.url, and that the server runs",
  ENOENT: "cannot be reached: there is no such socket. Check host in store.url, and that the server runs",
  ENOTFOUND: "cannot be reached: the host is unknown. Check host in store.url",
  EAI_AGAIN: "cannot be reached: the host cannot be looked up now. Check the network and host in store.url",
  ETIMEDOUT: "cannot be reached: no answer. Check the network, firewalls, and host and port in store.url",
  EHOSTUNREACH: "cannot be reached: no way there. Check the network and host in store.url",
  ENETUNREACH: "cannot be reached: no way there. Check the network and host in store.url",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "shows a certificate of another host. Name the host of the certificate in store.url, or use sslmode=verify-ca",
};

const CERTIFICATE =
  "shows a certificate that is not trusted. Name its authority's file with sslrootcert=… in store.url, or use sslmode=require";
const NO_TLS = "takes no TLS. Turn it on in the server (ssl = on), or use sslmode=disable where the network is trusted";
/** What PgBouncer says under this code has no other. */
const POOLER = "08P01";
const POOLING =
  "A pooler such as PgBouncer must have pool_mode = session, and takes no options=… in store.url: name a schema with ALTER ROLE … " +
  "SET search_path = …";
const LOST = "was lost in the middle of a request. Check that the server runs, and the network";

/** What ends a connection on the server's side, and may be over in a moment. */
const ENDED = /^(08|57P|25P03$)/;

/** How the driver says so itself. */
const DRIVER = /^(Connection terminated|Client has encountered|Client was closed|Query read timeout|timeout e)/;

/** Whether the error says that a commit was in another's way: to do it again may succeed. */
export function isContention(error: unknown): boolean {
  return /^(40001|40P01)$/.test(codeOf(error));
}

/** Whether the connection is gone, with whatever was under way on it. */
export function isLost(error: unknown): boolean {
  if (error instanceof StoreError || error instanceof StoreConflict || error instanceof TypeError) return false;
  const code = codeOf(error);
  if (isState(code)) return ENDED.test(code);
  return error instanceof Error && (/^E[A-Z]+$/.test(code) || DRIVER.test(error.message)) && !isTls(error);
}

/** What is thrown instead of an error of the driver; `name` says which database it is. */
export function explain(error: unknown, name: string): unknown {
  if (error instanceof StoreError || error instanceof StoreConflict || error instanceof TypeError) return error;
  if (!(error instanceof Error)) return error;
  // A host with several addresses has refused on each.
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const code = codeOf(first);
  return new StoreError(`${name} ${reasonOf(first, code)} (${code === "" ? first.message : code})`, { cause: error });
}

function reasonOf(error: Error, code: string): string {
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (code === POOLER) return `refuses what was sent: ${error.message}. ${POOLING}`;
  if (/password must be a string/.test(error.message))
    return "wants a password: name one in store.url, or in PGPASSWORD";
  if (refusesTls(error)) return NO_TLS;
  if (isTls(error)) return CERTIFICATE;
  if (/timeout/i.test(error.message)) return REASONS["ETIMEDOUT"] as string;
  return isLost(error) ? LOST : `cannot be used: ${error.message}`;
}

function isTls(error: Error): boolean {
  const code = codeOf(error);
  return /CERT|SELF_SIGNED|^ERR_(SSL|TLS)/.test(code) || refusesTls(error);
}

export function refusesTls({ message }: Error): boolean {
  return message.includes("does not support SSL");
}

/** Whether it is a SQLSTATE: five letters or digits, of which the system's names have more letters. */
function isState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && code !== "EPIPE" && code !== "EPERM";
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "";
}
