/** The thread that makes minibatches, one after the other, in the order in which they are asked for. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { openChannel, threadPort, transferring } from '../channel/index.js';
import { ComputeError } from '../errors.js';
import { Minibatches, type MinibatchesOptions } from './minibatch.js';
import type { PrefetchFunctions } from './prefetch.js';

const port = parentPort!;
const opened = Minibatches.open(workerData as MinibatchesOptions);
// Where it failed, every answer says so.
let last: Promise<unknown> = opened.catch(() => undefined);
let ending = false;

openChannel<object, PrefetchFunctions>(threadPort(port), {
  make([index]) {
    const made = last.then(() => make(index));
    last = made.catch(() => undefined);
    return made;
  },
  end() {
    ending = true;
    void last.then(end);
  },
});

async function make(index: number) {
  if (ending) throw new ComputeError('CANCELLED', 'No more minibatches are made.');
  const start = performance.now();
  const minibatch = await (await opened).at(index);
  const buffers = Object.values(minibatch).map(({ data }) => data.buffer as ArrayBuffer);
  return transferring({ minibatch, seconds: (performance.now() - start) / 1000 }, buffers);
}

async function end(): Promise<void> {
  await opened.then(
    (minibatches) => minibatches.close(),
    () => undefined,
  );
  port.close();
}
