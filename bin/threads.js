// How many names a process looks up at once, at most half as many as this: Node's usual four leave room for two, and
// two that lead nowhere would make all others wait. Nothing may have used a thread before this.
process.env.UV_THREADPOOL_SIZE ??= "16";
