// AWS for tests: moto's server on loopback.
import { fetchPython, startPython } from "./python.ts";

export interface Moto {
  endpoint: string;
  stop(): void;
}

const OPTIONS = {
  name: "moto",
  requirements: "moto-requirements.txt",
  wanted: "the tests against AWS need Python 3.10 or newer with pip (Debian: python3 python3-pip)",
};

/** The folder of its packages, boto3 among them; null, said on the console, where this machine cannot run it. */
export function fetchMoto(): Promise<string | null> {
  return fetchPython(OPTIONS);
}

/** Starts the server; null, said on the console, where this machine cannot run it. Throws there in CI. */
export async function startMoto(): Promise<Moto | null> {
  const server = await startPython({ ...OPTIONS, script: "moto_server.py" });
  return server && { endpoint: `http://127.0.0.1:${server.port}`, stop: server.stop };
}
