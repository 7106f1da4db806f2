// How much work something is: in processor time of the own thread, which others on the machine do not lengthen.

/** In ms. */
export function workOf(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
