/** Measuring time and memory. @module */

/** Median seconds of each task; the tasks take turns, so that what else the machine does hits all alike. */
export async function time(tasks: readonly (() => Promise<unknown>)[], seconds: number): Promise<number[]> {
  for (const task of tasks) await task();
  const times = tasks.map((): number[] => []);
  const start = performance.now();
  do {
    for (const [i, task] of tasks.entries()) {
      const before = performance.now();
      await task();
      times[i]!.push((performance.now() - before) / 1000);
    }
  } while (performance.now() - start < seconds * 1000);
  return times.map(median);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Runs `fn` and looks at the process's resident memory meanwhile. @returns the most bytes that were seen. */
export async function watchMemory<T>(fn: () => Promise<T>): Promise<{ result: T; peakBytes: number }> {
  let peakBytes = process.memoryUsage.rss();
  const look = () => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss()));
  const timer = setInterval(look, 50);
  try {
    const result = await fn();
    look();
    return { result, peakBytes };
  } finally {
    clearInterval(timer);
  }
}
