// A real mail server for tests (aiosmtpd), whose mails are read by Python's own library.
import { afterAll } from "vitest";
import { startPython } from "./python.ts";

export interface PythonMail {
  headers: Record<string, string>;
  /** What is wrong with its form. */
  defects: string[];
  /** Content types. */
  parts: string[];
  /** Of the HTML: names of elements in order, addresses that they or the texts hold, and the text. */
  elements: string[];
  links: string[];
  text: string;
}

/** Ended after the file's tests; null where this machine cannot run it. `next` resolves with the next mail. */
export async function startPythonSmtp(): Promise<{ port: number; next(): Promise<PythonMail> } | null> {
  let waiting = Promise.withResolvers<PythonMail>();
  const server = await startPython({
    name: "smtp",
    script: "python_smtp.py",
    requirements: "smtp-requirements.txt",
    wanted: "the tests against a mail server need Python 3.10 or newer with pip (Debian: python3 python3-pip)",
    line: (text) => {
      waiting.resolve(JSON.parse(text) as PythonMail);
      waiting = Promise.withResolvers();
    },
  });
  if (server === null) return null;
  afterAll(() => server.stop());
  return { port: server.port, next: () => waiting.promise };
}
