// What becomes of output whose reader is slow, stops or is gone, against a stream that takes what
// the test lets it take.
import { expect, test } from "vitest";
import { createOutlet, type Sink } from "../../lib/local/outlet.ts";

const NEVER_MS = 5;

/** A pipe: `open` is what its reader does; what is not taken stays in the stream until `take` is called. */
function pipe() {
  const written: string[] = [];
  const stuck: { text: string; done: (error?: Error | null) => void }[] = [];
  const made = {
    written,
    reads: true,
    fails: undefined as string | undefined,
    take() {
      for (const { text, done } of stuck.splice(0)) {
        written.push(text);
        done();
      }
    },
    breakOff(code: string) {
      made.fails = code;
      for (const { done } of stuck.splice(0)) done(Object.assign(new Error(code), { code }));
    },
  };
  const sink: Sink = {
    on() {},
    get writableLength() {
      return stuck.reduce((sum, { text }) => sum + text.length, 0);
    },
    write(text, done) {
      if (made.fails !== undefined) return void done(Object.assign(new Error(made.fails), { code: made.fails }));
      if (!made.reads) return void stuck.push({ text, done });
      written.push(text);
      done();
    },
  };
  return { ...made, made, sink };
}

const notice = (dropped: number) => `[${dropped} dropped]\n`;

test("results are all written, in order, however long the reader takes", () => {
  const { made, sink } = pipe();
  const { write } = createOutlet(sink);
  made.reads = false;
  const lines = Array.from({ length: 5_000 }, (_, index) => `${index} ${"x".repeat(1_000)}\n`);
  for (const line of lines) write(line);
  made.reads = true;
  made.take();
  expect(made.written.join("") === lines.join("")).toBe(true);
});

test("log lines beyond a megabyte that nobody takes are dropped, and counted when somebody reads again", () => {
  const { made, sink } = pipe();
  const { offer } = createOutlet(sink, { notice });
  made.reads = false;
  for (let line = 0; line < 10_000; line++) offer(`${"x".repeat(999)}\n`);
  expect(sink.writableLength).toBe(1_000);
  made.reads = true;
  made.take();
  const kept = made.written.length;
  expect(kept).toBeLessThan(1_010);
  offer("later\n");
  expect(made.written.at(-1)).toBe(`[${10_000 - kept} dropped]\nlater\n`);
  offer("and later\n");
  expect(made.written.at(-1)).toBe("and later\n");
});

test("lines that a reader who went away did not get are counted, too", () => {
  const { made, sink } = pipe();
  const { offer, gone } = createOutlet(sink, { notice });
  made.fails = "EPIPE";
  for (const line of ["one\n", "two\n", "three\n"]) offer(line);
  expect(gone.aborted).toBe(true);
  made.fails = undefined;
  offer("again\n");
  expect(made.written).toEqual(["[3 dropped]\nagain\n"]);
});

const failures: [sentence: string, code: string, gone: boolean, message: RegExp][] = [
  ["the reader of a pipe went away", "EPIPE", true, /^nobody reads this process's output any more \(EPIPE\)$/],
  ["the terminal was hung up", "EIO", true, /^the terminal of this process is gone \(EIO\)$/],
  ["the disk of a file is full", "ENOSPC", false, /^the disk that this process's output goes to is full \(ENOSPC\)$/],
  ["anything else", "EAGAIN", false, /^this process's output cannot be written \(EAGAIN\)$/],
];

test.each(failures)(
  "a message that is sent is refused where %s, and taken where that is over",
  async (_, code, isGone, message) => {
    const { made, sink } = pipe();
    const { send, gone } = createOutlet(sink);
    made.fails = code;
    await expect(send("message\n")).rejects.toThrow(message);
    expect(gone.aborted).toBe(isGone);
    made.fails = undefined;
    await send("message\n");
    expect(made.written).toEqual(["message\n"]);
  },
);

test("a message that nobody takes in time is refused, and written once where it is sent again", async () => {
  const { made, sink } = pipe();
  const { send, write } = createOutlet(sink, { patience: NEVER_MS });
  made.reads = false;
  write("fills the pipe\n");
  await expect(send("one\n")).rejects.toThrow("nobody has read this process's output");
  await expect(send("one\n")).rejects.toThrow("nobody has read this process's output");
  made.reads = true;
  made.take();
  await send("one\n");
  expect(made.written).toEqual(["fills the pipe\n", "one\n"]);
});

test("one that the stream has already is not written again either", async () => {
  const { made, sink } = pipe();
  const { send } = createOutlet(sink, { patience: NEVER_MS });
  made.reads = false;
  await expect(send("one\n")).rejects.toThrow("nobody has read");
  const again = send("one\n");
  made.take();
  await again;
  expect(made.written).toEqual(["one\n"]);
});

test("a message whose reader goes away while it waits is refused, and so is what waits behind it", async () => {
  const { made, sink } = pipe();
  const { send } = createOutlet(sink);
  made.reads = false;
  const both = Promise.allSettled([send("one\n"), send("two\n")]);
  made.breakOff("EPIPE");
  expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
