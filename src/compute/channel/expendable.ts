/** What a process does first that opens strangers' files. @module */
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Nothing ends a process when its parent was killed: so a separate thread checks that the parent is alive, since the main thread may hang. */
const END_WITH_PARENT = `const parent = process.ppid;
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);`;

/** Has this process end with its parent, and be the first that Linux ends where memory runs out for the whole machine. */
export function beExpendable(): void {
  new Worker(END_WITH_PARENT, { eval: true }).unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Another system.
  }
}
