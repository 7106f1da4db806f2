// A service of AWS for the contract of channels: it answers in the service's own protocol as a test says.
import { afterAll, beforeAll } from "vitest";
import type { Sent } from "../support/receiver.ts";
import { type Scripted, startScripted } from "../support/scripted-http.ts";
import type { Service } from "./sending-contract.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "AKIAHUSH0123456789AB", AWS_SECRET_ACCESS_KEY: "hush0a1b2c3d4e5f6a7b8c9d" };
/** What must show nowhere. */
export const AWS_SECRETS = Object.values(KEYS);

/** Gives the SDK credentials for the tests of a file. */
export function withAwsCredentials(): void {
  const before = Object.keys(KEYS).map((name) => [name, process.env[name]] as const);
  beforeAll(() => {
    Object.assign(process.env, KEYS);
  });
  afterAll(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

export interface AwsService {
  /** Beside region and endpoint. */
  options: (url: string) => Record<string, unknown>;
  /** The answer to what is accepted. */
  accepted: (sent: Sent) => Exclude<Scripted, string>;
  /** The message within a request. */
  message: (sent: Sent) => string;
  /** What the service counts of it. */
  size?: (sent: Sent) => number;
}

export async function startAws({
  options,
  accepted,
  message,
  size,
}: AwsService): Promise<Service<Scripted> & { received: Sent[] }> {
  const server = await startScripted(accepted);
  return {
    received: server.received,
    get fault() {
      return typeof server.answer === "function" ? undefined : server.answer;
    },
    set fault(fault: Scripted | undefined) {
      server.answer = fault ?? accepted;
    },
    messages: () => server.received.map(message),
    sizes: () => server.received.map(size ?? ((sent) => Buffer.byteLength(message(sent)))),
    options: { region: "eu-central-1", endpoint: server.url, ...options(server.url) },
    asked: () => server.asked(),
    reset: () => server.received.splice(0),
    close: () => server.close(),
  };
}

/** A refusal as services with JSON answer it. */
export function jsonError(status: number, type: string, message = "no"): Exclude<Scripted, string> {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amzn-errortype": type };
  return { status, headers, body: JSON.stringify({ __type: type, message }) };
}
