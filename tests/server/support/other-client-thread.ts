/** The thread of {@link ./other-client.ts}, which the work of the main thread does not hold up. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { Agent, request } from 'undici';
import type { OtherRequest } from './other-client.js';

const { url, ...options } = workerData as OtherRequest;
const dispatcher = new Agent({ connections: 1 });
let slowest = 0;
parentPort!.on('message', () => {
  parentPort!.postMessage(slowest);
  slowest = 0;
});
for (;;) {
  const began = performance.now();
  const { body, statusCode } = await request(url, { ...options, dispatcher });
  await body.dump();
  if (statusCode !== 200) throw new Error(`The other client got ${statusCode}.`);
  slowest = Math.max(slowest, performance.now() - began);
  await new Promise((resolve) => setTimeout(resolve, 2));
}
