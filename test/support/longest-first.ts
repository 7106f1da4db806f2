// The order of the test files: those that take the longest begin first, so that no single one is
// left over for one core at the end.
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** In a fresh clone no times are known, and these are short files. By how long they take, longest first. */
const LONGEST = [
  "aws/functions",
  "e2e/shared-database",
  "console/browser",
  "reliability/crash",
  "reliability/simulation",
  "docs/readme",
  "hostile/hostile",
  "e2e/unread-output",
  "e2e/two-daemons",
].map((name) => `/test/${name}.test.ts`);

/** Vitest wants a class. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const known = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return known < 0 ? LONGEST.length : known;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
