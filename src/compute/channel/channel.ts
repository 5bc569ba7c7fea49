/**
 * The one protocol between threads and between processes: birpc over a port, with errors that keep their code, and with calls that can be cancelled.
 * Three things can happen to a call beside its answer, and mean the same everywhere. *Cancel*: its signal aborts, the other side's signal aborts too, and the call
 * ends as the other side ends it. *Crash*: whoever owns the thread or process notices that it has ended, and closes the channel with an error that says so.
 * *Close*: the same, on purpose. Each call under way is rejected with that error, and so is each that comes later.
 * @module
 */
import { createBirpc } from 'birpc';
import { ComputeError, deserializeError, type SerializedError, serializeError } from '../errors.js';

/**
 * Functions that can be called from the other side, as they are answered. @param signal aborts where the caller cancels, or the channel closes.
 * @param report tells the caller how far the call is, where he wants to know.
 */
export type Handlers<F> = {
  readonly [M in keyof F]: F[M] extends (...args: infer A) => infer R
    ? (args: A, signal: AbortSignal, report: (progress: unknown) => void) => R | Promise<Awaited<R>>
    : never;
};

/** Of a function. */
export type Arguments<F> = F extends (...args: infer A) => unknown ? A : never;
/** What a call of a function resolves to. */
export type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

export interface CallOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal;
  /** Called when the other side has begun to work on it. */
  readonly onBegin?: () => void;
  /** Called with what the other side says of how far it is. */
  readonly onProgress?: (progress: never) => void;
}

export interface Channel<Remote> {
  /** @throws ComputeError that the other side answers with, or that the channel was closed with. */
  call<M extends keyof Remote & string>(method: M, args: Arguments<Remote[M]>, options?: CallOptions): Promise<Result<Remote[M]>>;
  /** Calls without waiting for an answer. */
  notify<M extends keyof Remote & string>(method: M, args: Arguments<Remote[M]>): void;
  /** Rejects what is under way and what comes, and aborts what the other side has asked for. It ends no thread and no process. */
  close(error: ComputeError): void;
}

/** How messages get to the other side. */
export interface Port {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  on(listener: (message: unknown) => void): void;
  off(listener: (message: unknown) => void): void;
}

/** How values get to the other side that are too large for a message. */
export interface Parcels {
  pack(value: unknown): Promise<unknown>;
  unpack(value: unknown): Promise<unknown>;
}

/** What birpc calls on either side. */
interface Wire {
  call(id: number, method: string, args: unknown, announce: boolean): Promise<unknown>;
  begin(id: number): void;
  report(id: number, progress: unknown): void;
  cancel(id: number): void;
}

const buffersOf = new WeakMap<object, readonly ArrayBuffer[]>();

/** Marks what a handler answers with: to another thread these buffers are moved, not copied. */
export function transferring<T extends object>(value: T, buffers: readonly ArrayBuffer[]): T {
  buffersOf.set(value, buffers);
  return value;
}

/** @param handlers what the other side may call. */
export function openChannel<Remote, Local = object>(port: Port, handlers: Handlers<Local>, parcels?: Parcels): Channel<Remote> {
  const answering = new Map<number, AbortController>();
  const following = new Map<number, Pick<CallOptions, 'onBegin' | 'onProgress'>>();
  const local: Wire = {
    async call(id, method, packed, announce) {
      if (!Object.hasOwn(handlers, method)) throw new ComputeError('INTERNAL', `There is nothing called ${method} to call.`);
      const handler = handlers[method as keyof Handlers<Local>] as (
        args: unknown,
        signal: AbortSignal,
        report: (progress: unknown) => void,
      ) => unknown;
      const controller = new AbortController();
      answering.set(id, controller);
      const report = announce ? (progress: unknown) => void rpc.$callEvent('report', id, progress) : () => {};
      if (announce) void rpc.$callEvent('begin', id);
      try {
        const args = parcels ? await parcels.unpack(packed) : packed;
        const result = await handler(args, controller.signal, report);
        return parcels ? await parcels.pack(result) : result;
      } finally {
        answering.delete(id);
      }
    },
    begin: (id) => following.get(id)?.onBegin?.(),
    report: (id, progress) => following.get(id)?.onProgress?.(progress as never),
    cancel: (id) => answering.get(id)?.abort(),
  };
  let listening: (message: unknown) => void;
  const rpc = createBirpc<Wire, Wire, false>(local, {
    post: (message: Message) => port.post(message, (message.r instanceof Object && buffersOf.get(message.r)) || []),
    on: (listener) => {
      listening = (message) => isMessage(message) && listener(message);
      port.on(listening);
    },
    off: () => port.off(listening),
    serialize: (message: Message) => ('e' in message ? { ...message, e: serializeError(message.e) } : message),
    deserialize: (message: Message) => ('e' in message ? { ...message, e: deserializeError(message.e as SerializedError) } : message),
    // Of an answer that cannot be sent, the other side is told; what cannot be called is thrown to the caller, who names no method here.
    onGeneralError: (_error, method) => method !== undefined,
    bind: 'functions',
    timeout: -1,
    proxify: false,
  });

  let lastId = 0;
  let closed: ComputeError | undefined;
  return {
    async call(method, args, { signal, onBegin, onProgress } = {}) {
      if (signal?.aborted) throw new ComputeError('CANCELLED', 'The computation was cancelled.');
      const id = ++lastId;
      const cancel = () => void (closed ?? rpc.$callEvent('cancel', id));
      signal?.addEventListener('abort', cancel, { once: true });
      const follows = onBegin !== undefined || onProgress !== undefined;
      if (follows) following.set(id, { onBegin, onProgress });
      try {
        const packed: unknown = parcels ? await parcels.pack(args) : args;
        if (closed) throw closed;
        const answer = await rpc.$call('call', id, method, packed, follows);
        return (parcels ? await parcels.unpack(answer) : answer) as never;
      } catch (error) {
        // What cannot be sent is no ComputeError yet.
        throw error instanceof ComputeError ? error : deserializeError(serializeError(error));
      } finally {
        following.delete(id);
        signal?.removeEventListener('abort', cancel);
      }
    },
    notify(method, args) {
      if (!closed) void rpc.$callEvent('call', 0, method, args, false);
    },
    close(error) {
      if (closed) return;
      closed = error;
      rpc.$close(error);
      for (const controller of answering.values()) controller.abort();
    },
  };
}

/** birpc's: a question by its method and arguments, or an answer or an error to the question `i`. */
interface Message {
  readonly t: 'q' | 's';
  readonly i?: string;
  readonly m?: string;
  readonly a?: unknown[];
  readonly r?: unknown;
  readonly e?: unknown;
}

/** A process that runs a stranger's model may send anything. */
function isMessage(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null) return false;
  const { t, m, a, e } = message as Partial<Message>;
  if (t === 'q') return ['call', 'begin', 'report', 'cancel'].includes(m!) && Array.isArray(a);
  return t === 's' && (!('e' in message) || (typeof e === 'object' && e !== null));
}
