/** Entry of the thread that computes: answers calls with a ComputeService, several at a time. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { serializeError } from '../errors.js';
import type { FromWorker, Method, ToWorker } from './messages.js';
import { ComputeService, type ServiceOptions } from './service.js';

const port = parentPort!;
const post = (message: FromWorker) => port.postMessage(message);
const options = workerData as ServiceOptions;
const service = new ComputeService({
  ...options,
  engine: { ...options.engine, log: (level, message) => post({ type: 'log', level, message }) },
});
const running = new Map<number, AbortController>();

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'call':
      void answer(message.id, message.method, message.args);
      break;
    case 'cancel':
      running.get(message.id)?.abort();
      break;
    case 'close':
      for (const controller of running.values()) controller.abort();
      void service.close().finally(() => port.close());
      break;
  }
});

async function answer(id: number, method: Method, args: readonly unknown[]): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const call = service[method].bind(service) as (...args: unknown[]) => Promise<unknown>;
    post({ type: 'result', id, value: await call(...args, controller.signal) });
  } catch (error) {
    post({ type: 'error', id, error: serializeError(error) });
  } finally {
    running.delete(id);
  }
}
