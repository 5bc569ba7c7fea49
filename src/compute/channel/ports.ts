/** Ports of a {@link Channel}: to a thread, to a process, and to whoever started this one. @module */
import type { ChildProcess, Serializable } from 'node:child_process';
import type { MessagePort, Worker } from 'node:worker_threads';
import type { Port } from './channel.js';

/** @param thread a worker thread or, in one, `parentPort`. */
export function threadPort(thread: Worker | MessagePort): Port {
  return {
    post: (message, transfer) => thread.postMessage(message, transfer as ArrayBuffer[]),
    on: (listener) => void thread.on('message', listener),
    off: (listener) => void thread.off('message', listener),
  };
}

/** @param process one that was started with `serialization: 'advanced'` or, in one, `process` itself. Nothing is moved to another process, only copied. */
export function processPort(process: Pick<ChildProcess, 'send' | 'on' | 'off'> | NodeJS.Process): Port {
  return {
    // Where the process has ended, whoever owns it closes the channel: nothing is to be done here.
    post: (message) => void process.send?.(message as Serializable, undefined, undefined, () => undefined),
    on: (listener) => void process.on('message', listener),
    off: (listener) => void process.off('message', listener),
  };
}
