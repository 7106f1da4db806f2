// IAM tokens between processes: kept in the store, encrypted with a key derived from the password, so that whoever
// reads the store without the password has nothing. Losing one costs a login, nothing else.
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "../../model/clock.ts";
import type { AuthConfig, Config } from "../../model/config.ts";
import type { Log } from "../../model/log.ts";
import type { Redactor } from "../../model/redactor.ts";
import { hideToken, type Token, type TokenStore } from "../../sources/cloud/iam.ts";
import type { Key, Store } from "../../store/port.ts";

const derive = promisify<string, Buffer, number, Buffer>(scrypt);

/** How often tokens that other processes were issued are looked for; ms. */
const LEARN_MS = 300_000;

/** A token may be good for a while after it was to be renewed, and is a secret as long; ms. */
const KEPT_MS = 86_400_000;

interface TokenRow {
  salt: string;
  iv: string;
  tag: string;
  /** AES-256-GCM of the token as JSON, base64. */
  sealed: string;
}

function tokenKey(connection: string): Key {
  return { pk: "token", sk: connection };
}

export function createTokenStore(store: Store, connection: string, password: string, log: Log): TokenStore {
  const key = tokenKey(connection);
  /** What was opened last: that costs many times what reading it does. */
  let last: { sealed: string; token: Token } | undefined;
  return {
    async load() {
      const row = await store.get<TokenRow>(key);
      if (row === undefined) return undefined;
      try {
        if (last?.sealed !== row.data.sealed) {
          last = { sealed: row.data.sealed, token: await open(row.data, password) };
        }
        return last.token;
      } catch {
        // Sealed with another password, or not by us.
        return undefined;
      }
    },
    async save(token) {
      try {
        const expires = Math.max(0, Math.ceil(token.renewAt)) + KEPT_MS;
        await store.commit([{ op: "put", ...key, data: await seal(token, password), expires }]);
      } catch (error) {
        log.warn("token not kept", { connection, error: (error as Error).message });
      }
    },
  };
}

export interface TokenLearnerPorts {
  store: Store;
  clock: Clock;
  log: Log;
  redactor: Redactor;
  /** The connection's own secrets; throws SecretError. */
  resolve(auth: AuthConfig): Promise<AuthConfig>;
}

/** Learns the tokens of all connections from the store: an API may repeat one that another process was issued. */
export function createTokenLearner(config: Config, ports: TokenLearnerPorts): () => Promise<void> {
  const { store, clock, log, redactor, resolve } = ports;
  const logins = Object.entries(config.connections).flatMap(([name, { auth }]) => {
    return auth !== undefined && "password" in auth ? [{ name, auth }] : [];
  });
  const stores = new Map<string, { password: string; tokens: TokenStore }>();
  let learntAt = Number.NEGATIVE_INFINITY;

  async function learn(name: string, auth: AuthConfig): Promise<void> {
    // A secret that cannot be resolved is reported where it is needed.
    const resolved = await resolve(auth).catch(() => undefined);
    if (resolved === undefined || !("password" in resolved)) return;
    const { password } = resolved;
    const known = stores.get(name);
    const tokens = known?.password === password ? known.tokens : createTokenStore(store, name, password, log);
    stores.set(name, { password, tokens });
    const token = await tokens.load();
    if (token !== undefined) hideToken(redactor, token);
  }
  return async () => {
    if (Math.abs(clock.now() - learntAt) < LEARN_MS) return;
    learntAt = clock.now();
    await Promise.all(logins.map(({ name, auth }) => learn(name, auth)));
  };
}

async function seal(token: Token, password: string): Promise<TokenRow> {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", await derive(password, salt, 32), iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(token), "utf8"), cipher.final()]);
  const text = (bytes: Buffer) => bytes.toString("base64");
  return { salt: text(salt), iv: text(iv), tag: text(cipher.getAuthTag()), sealed: text(sealed) };
}

async function open({ salt, iv, tag, sealed }: TokenRow, password: string): Promise<Token> {
  const bytes = (text: string) => Buffer.from(text, "base64");
  const decipher = createDecipheriv("aes-256-gcm", await derive(password, bytes(salt), 32), bytes(iv));
  decipher.setAuthTag(bytes(tag));
  return JSON.parse(Buffer.concat([decipher.update(bytes(sealed)), decipher.final()]).toString("utf8"));
}
