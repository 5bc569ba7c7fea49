/** The thread that makes minibatches: each message is the index of one. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { Minibatches, type MinibatchesOptions } from './minibatch.js';
import type { MadeMinibatch } from './prefetch.js';

const port = parentPort!;
const minibatches = new Minibatches(workerData as MinibatchesOptions);

port.on('message', (index: number) => {
  const start = performance.now();
  const minibatch = minibatches.at(index);
  const made: MadeMinibatch = { index, minibatch, seconds: (performance.now() - start) / 1000 };
  port.postMessage(made, [minibatch.images.data.buffer as ArrayBuffer, minibatch.labels.data.buffer as ArrayBuffer]);
});
