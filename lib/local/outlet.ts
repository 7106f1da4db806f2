// Standard output and standard error of a process whose reader may be slow, stop reading or go away: writing never throws, never
// waits, and holds no more than a megabyte of what nobody takes.

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
  /** Is told once why a result cannot be written, as where the disk is full; not where its reader has only gone. */
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

export function createOutlet(sink: Sink, { notice, failed, patience = PATIENCE_MS }: OutletOptions = {}): Outlet {
  const gone = new AbortController();
  /** What the sink was not given yet, so that it can still be taken back. */
  const waiting: Piece[] = [];
  let first = 0;
  let length = 0;
  let pumping = false;
  let dropped = 0;
  let broken = false;
  /** Texts sent that the sink holds, by themselves: one sent again is not written again. */
  const held = new Map<string, Promise<void>>();

  // Without it an error would end the process; each is told to whoever wrote.
  sink.on("error", () => {});

  function push(text: string, done: Piece["done"]): Piece {
    const piece = { text, done };
    waiting.push(piece);
    length += text.length;
    pump();
    return piece;
  }

  /** One piece after another as long as the system takes them at once: a stream that is given more keeps it for ever. */
  function pump(): void {
    if (pumping) return;
    pumping = true;
    while (first < waiting.length && sink.writableLength === 0) {
      const piece = waiting[first++]!;
      length -= piece.text.length;
      if (first === waiting.length || first > SHIFTED) {
        waiting.splice(0, first);
        first = 0;
      }
      sink.write(piece.text, (error) => {
        if (error && GONE.has(codeOf(error))) gone.abort(explained(error));
        piece.done(error);
        pump();
      });
    }
    pumping = false;
  }

  /** False where the sink has been given it. */
  function takeBack(piece: Piece): boolean {
    const at = waiting.indexOf(piece, first);
    if (at < 0) return false;
    waiting.splice(at, 1);
    length -= piece.text.length;
    return true;
  }

  function send(text: string): Promise<void> {
    const known = held.get(text);
    if (known === undefined && length > WAITING) return Promise.reject(new Error(unread()));
    const taken = Promise.withResolvers<void>();
    let piece: Piece | undefined;
    if (known === undefined) {
      held.set(text, taken.promise);
      piece = push(text, (error) => {
        held.delete(text);
        if (error) taken.reject(explained(error));
        else taken.resolve();
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      if (piece && takeBack(piece)) held.delete(text);
      reject(new Error(unread()));
    }, patience);
    (known ?? taken.promise).then(resolve, reject).finally(() => clearTimeout(timer));
    return promise;
  }

  function unread(): string {
    return `nobody has read this process's output for ${Math.round(patience / 1_000)} s`;
  }

  return {
    write: (text) =>
      void push(text, (error) => {
        if (!error || GONE.has(codeOf(error)) || broken) return;
        broken = true;
        failed?.(explained(error).message);
      }),
    offer(text) {
      if (length > WAITING) {
        dropped++;
        return;
      }
      const before = dropped;
      dropped = 0;
      push(before > 0 && notice ? notice(before) + text : text, (error) => {
        if (error) dropped += before + 1;
      });
    },
    send,
    gone: gone.signal,
  };
}

function codeOf(error: Error): string {
  return String((error as NodeJS.ErrnoException).code);
}

function explained(error: Error): Error {
  const code = codeOf(error);
  return new Error(`${REASONS[code] ?? "this process's output cannot be written"} (${code})`);
}
