// JUnit XML of rule tests, in the form that CI systems agree on: suites, cases, failures and errors.
import { problemText, type TestResult } from "./test-report.ts";

/** A suite for each test file. */
export function junitReport(results: readonly TestResult[]): string {
  const suites = [...Map.groupBy(results, ({ file }) => file)].map(([file, own]) => {
    return element("testsuite", { name: file, ...counts(own) }, own.map(testCase).join(""));
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("testsuites", counts(results), suites.join(""))}`;
}

function counts(results: readonly TestResult[]): Record<string, string | number> {
  return {
    tests: results.length,
    failures: results.filter(({ passed, error }) => !passed && error === undefined).length,
    errors: results.filter(({ error }) => error !== undefined).length,
    time: seconds(results.reduce((sum, { ms }) => sum + ms, 0)),
  };
}

function testCase(result: TestResult): string {
  const { file, location, test, passed, error, ms } = result;
  const attributes = { classname: file, name: test.name, file, line: location.line, time: seconds(ms) };
  if (passed) return element("testcase", attributes, "");
  const message = error ?? "the outcome is not the expected one";
  const problem = element(error === undefined ? "failure" : "error", { message }, escapeXml(problemText(result)));
  return element("testcase", attributes, problem);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

/** `content` is XML already. */
function element(name: string, attributes: Record<string, string | number>, content: string): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`);
  const open = `<${name}${pairs.join("")}`;
  return content === "" ? `${open}/>\n` : `${open}>${content.startsWith("<") ? "\n" : ""}${content}</${name}>\n`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** XML 1.0 has no way at all to write most control characters and half surrogates: they are replaced. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/** Readers make spaces of line breaks in attributes unless they are written as numbers. */
function escapeAttribute(text: string): string {
  return escapeXml(text).replace(/[\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}
