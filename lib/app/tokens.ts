// IAM tokens between processes: kept in the store, encrypted with a key derived from the password, so that whoever reads the store
// without the password has nothing. Losing one costs a login, nothing else.
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { Log } from "../model/log.ts";
import type { Token, TokenStore } from "../sources/iam.ts";
import type { Key, Store } from "../store/port.ts";

const derive = promisify<string, Buffer, number, Buffer>(scrypt);

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
  return {
    async load() {
      const row = await store.get<TokenRow>(key);
      if (row === undefined) return undefined;
      try {
        return await open(row.data, password);
      } catch {
        // Sealed with another password, or not by us.
        return undefined;
      }
    },
    async save(token) {
      try {
        const expires = Math.max(0, Math.ceil(token.renewAt));
        await store.commit([{ op: "put", ...key, data: await seal(token, password), expires }]);
      } catch (error) {
        log.warn("token not kept", { connection, error: (error as Error).message });
      }
    },
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
