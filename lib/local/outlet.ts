// Writes to standard output and standard error, whose reader may be slow, stop reading or go away: writing never
// throws, never waits, and holds no more than a megabyte of what nobody takes.

/** What is asked of a stream such as `process.stdout`. */
export interface Sink {
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: () => void): unknown;
  /** Characters or bytes that were given to it and not yet to the system. */
  readonly writableLength: number;
}

export interface Outlet {
  /** Results: all of it is kept for a slow reader. */
  write(text: string): void;
  /** What is worth something only now: dropped, and counted, where the reader is behind or gone. */
  offer(text: string): void;
  /** Resolves once the system has taken the text; rejects, saying why, where nobody takes it. */
  send(text: string): Promise<void>;
  /** Aborted as soon as nobody can read any more: the pipe's reader or the terminal is gone. */
  gone: AbortSignal;
}

export interface OutletOptions {
  /** Hears once why a result cannot be written, as where the disk is full; not where its reader has only gone. */
  failed?: (reason: string) => void;
  /** What is written, when somebody reads again, about so many texts that were dropped. */
  notice?: (dropped: number) => string;
  /** How long `send` waits for the reader; ms. */
  patience?: number;
}

interface Piece {
  text: string;
  done: (error?: Error | null) => void;
}

/** Characters that wait for a slow reader before what is only offered or sent is refused. */
const WAITING = 1_000_000;
const PATIENCE_MS = 5_000;
/** Pieces that were written stay in the list up to so many: to remove each by itself takes time for all behind it. */
const SHIFTED = 1_000;

const REASONS: Record<string, string> = {
  EPIPE: "nobody reads this process's output any more",
  ECONNRESET: "nobody reads this process's output any more",
  EIO: "the terminal of this process is gone",
  ENOSPC: "the disk that this process's output goes to is full",
  EDQUOT: "the disk quota of this process's output is used up",
};
const GONE: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "EIO"]);

/** What of one stream was given to us and not yet to the system. */
interface Queue {
  sink: Sink;
  gone: AbortController;
  patience: number;
  /** What the sink was not given yet, so that it can still be taken back: from `first` on. */
  waiting: Piece[];
  first: number;
  /** Characters of these. */
  length: number;
  pumping: boolean;
  /** Texts sent that the sink holds, by themselves: one sent again is not written again. */
  held: Map<string, Promise<void>>;
}

export function createOutlet(sink: Sink, { notice, failed, patience = PATIENCE_MS }: OutletOptions = {}): Outlet {
  const gone = new AbortController();
  const queue: Queue = { sink, gone, patience, waiting: [], first: 0, length: 0, pumping: false, held: new Map() };
  let dropped = 0;
  let broken = false;
  // Without it an error would end the process; whoever wrote learns of each.
  sink.on("error", () => {});
  return {
    write: (text) =>
      void push(queue, text, (error) => {
        if (!error || GONE.has(codeOf(error)) || broken) return;
        broken = true;
        failed?.(explained(error).message);
      }),
    offer(text) {
      if (queue.length > WAITING) {
        dropped++;
        return;
      }
      const before = dropped;
      dropped = 0;
      push(queue, before > 0 && notice ? notice(before) + text : text, (error) => {
        if (error) dropped += before + 1;
      });
    },
    send: (text) => send(queue, text),
    gone: gone.signal,
  };
}

function push(queue: Queue, text: string, done: Piece["done"]): Piece {
  const piece = { text, done };
  queue.waiting.push(piece);
  queue.length += text.length;
  pump(queue);
  return piece;
}

/** One piece after another as long as the system takes them at once: a stream that is given more keeps it for ever. */
function pump(queue: Queue): void {
  const { sink, gone } = queue;
  if (queue.pumping) return;
  queue.pumping = true;
  while (queue.first < queue.waiting.length && sink.writableLength === 0) {
    const piece = shift(queue);
    sink.write(piece.text, (error) => {
      if (error && GONE.has(codeOf(error))) gone.abort(explained(error));
      piece.done(error);
      pump(queue);
    });
  }
  queue.pumping = false;
}

function shift(queue: Queue): Piece {
  const piece = queue.waiting[queue.first++]!;
  queue.length -= piece.text.length;
  if (queue.first === queue.waiting.length || queue.first > SHIFTED) {
    queue.waiting.splice(0, queue.first);
    queue.first = 0;
  }
  return piece;
}

function send(queue: Queue, text: string): Promise<void> {
  const { held, patience } = queue;
  const known = held.get(text);
  if (known === undefined && queue.length > WAITING) return Promise.reject(unread(queue));
  const taken = Promise.withResolvers<void>();
  let piece: Piece | undefined;
  if (known === undefined) {
    held.set(text, taken.promise);
    piece = push(queue, text, (error) => {
      held.delete(text);
      if (error) taken.reject(explained(error));
      else taken.resolve();
    });
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    if (piece && takeBack(queue, piece)) held.delete(text);
    reject(unread(queue));
  }, patience);
  (known ?? taken.promise).then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}

/** False where the sink has been given it. */
function takeBack(queue: Queue, piece: Piece): boolean {
  const at = queue.waiting.indexOf(piece, queue.first);
  if (at < 0) return false;
  queue.waiting.splice(at, 1);
  queue.length -= piece.text.length;
  return true;
}

function unread({ patience }: Queue): Error {
  return new Error(`nobody has read this process's output for ${Math.round(patience / 1_000)} s`);
}

function codeOf(error: Error): string {
  return String((error as NodeJS.ErrnoException).code);
}

function explained(error: Error): Error {
  const code = codeOf(error);
  return new Error(`${REASONS[code] ?? "this process's output cannot be written"} (${code})`);
}
