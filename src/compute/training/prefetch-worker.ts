/** The thread that makes minibatches, one after the other: each message is the index of one, or says to end. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { serializeError } from '../errors.js';
import { Minibatches, type MinibatchesOptions } from './minibatch.js';
import type { Answer, Request } from './prefetch.js';

const port = parentPort!;
const opened = Minibatches.open(workerData as MinibatchesOptions);
// Where it failed, every answer says so.
let last: Promise<unknown> = opened.catch(() => undefined);
let ending = false;

port.on('message', (request: Request) => {
  if (request === 'end') ending = true;
  last = last.then(() => (request === 'end' ? end() : answer(request)));
});

async function answer(index: number): Promise<void> {
  if (ending) return;
  const post = (answer: Answer, transfer: ArrayBuffer[] = []) => port.postMessage(answer, transfer);
  const start = performance.now();
  try {
    const minibatch = await (await opened).at(index);
    const buffers = Object.values(minibatch).map(({ data }) => data.buffer as ArrayBuffer);
    post({ index, minibatch, seconds: (performance.now() - start) / 1000 }, buffers);
  } catch (error) {
    post({ index, error: serializeError(error) });
  }
}

async function end(): Promise<void> {
  await opened.then(
    (minibatches) => minibatches.close(),
    () => undefined,
  );
  port.close();
}
