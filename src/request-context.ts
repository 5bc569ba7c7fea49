/** Which request the work at hand comes from: set by HTTP and WebSocket, kept with the jobs that it starts, and set again where their parts are computed. @module */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

export interface RequestContext {
  /** In the log, and in the header `X-Request-Id` of the answer. */
  readonly requestId: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Undefined outside of a request. */
export const currentRequest = (): RequestContext | undefined => storage.getStore();

export const inRequest = <Result>(context: RequestContext, work: () => Result): Result => storage.run(context, work);

/** @param requested what a client or proxy calls the request; anything but a short plain word is replaced. */
export const newRequest = (requested?: string): RequestContext => ({
  requestId: requested !== undefined && /^[\w.-]{1,64}$/.test(requested) ? requested : randomUUID(),
});
