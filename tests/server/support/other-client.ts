/** Another client of a server, on a thread of its own: how long it waits while the server does something else. @module */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What it asks for, again and again; the answer has to be 200. */
export interface OtherRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export function startOtherClient(request: OtherRequest) {
  const thread = new Worker(new URL('./other-client-thread.js', import.meta.url), { workerData: request });
  return {
    /** @returns milliseconds that the slowest request took since the last call. */
    async slowestSince(): Promise<number> {
      thread.postMessage('slowest');
      return ((await once(thread, 'message')) as [number])[0];
    },
    end: () => thread.terminate(),
  };
}
