/** A function that a client has connected: calls go to it a few at a time, and fail together when the client goes away. @module */
import { ComputeError } from '../../compute/errors.js';

/** How messages reach a client. */
export interface FunctionConnection {
  /** Resolves when the message has been handed on. */
  send(message: Uint8Array): Promise<void>;
  /** @param code of the WebSocket. */
  close(code: number, reason: string): void;
}

/** The connection ended before an answer came; the call may be sent again. */
export class ConnectionLost extends Error {}

interface Call {
  resolve(answer: Uint8Array): void;
  reject(error: Error): void;
}

export interface FunctionTerms {
  /** Name of the token that connected it. */
  readonly owner: string;
  readonly secret: string;
  /** How long the client may take for a call, from when it has answered the one before. */
  readonly timeoutSeconds: number;
}

/** Calls that a client has at the same time: one that it computes, and the next, so that it need not wait. Others wait here. */
const AT_ONCE = 2;

/** Bytes of a call's number, in front of what it sends and of what is answered. */
const NUMBER_BYTES = 4;

const LONGEST_REASON = 500;

export class ConnectedFunction {
  private readonly calls = new Map<number, Call>();
  private waiting: (() => void)[] = [];
  private under = 0;
  private next = 0;
  private lost = false;
  /** Of the call that the client computes, the first that has no answer. */
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly terms: FunctionTerms,
    private readonly connection: FunctionConnection,
  ) {}

  /**
   * @param signal of a caller: what nobody waits for is not sent.
   * @returns what the function answers to a message. @throws ConnectionLost, ComputeError FUNCTION_FAILED, or CANCELLED by `signal`.
   */
  async call(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    if (this.under >= AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.under++;
    try {
      if (signal.aborted) throw new ComputeError('CANCELLED', 'The call was cancelled.');
      return await this.send(body);
    } finally {
      const turn = this.waiting.shift();
      if (turn) turn();
      else this.under--;
    }
  }

  /** An answer of the client: the number of the call, and its scores or labels. */
  answer(message: Uint8Array): void {
    const number = new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(0, true);
    this.take(number)?.resolve(message.subarray(NUMBER_BYTES));
  }

  /** The function raised an error. */
  fail(number: number, reason: string): void {
    const message = `The function raised an error on the client's machine: ${reason.slice(0, LONGEST_REASON)}`;
    this.take(number)?.reject(new ComputeError('FUNCTION_FAILED', message, ['function']));
  }

  /** @param code with which the WebSocket is closed. */
  close(code: number, reason: string): void {
    this.connection.close(code, reason);
    this.lose();
  }

  /** The connection has ended. */
  lose(): void {
    this.lost = true;
    clearTimeout(this.timer);
    for (const call of this.calls.values()) call.reject(new ConnectionLost());
    this.calls.clear();
  }

  private send(body: Uint8Array): Promise<Uint8Array> {
    if (this.lost) throw new ConnectionLost();
    const number = this.next++ % 2 ** 32;
    const message = new Uint8Array(NUMBER_BYTES + body.length);
    new DataView(message.buffer).setUint32(0, number, true);
    message.set(body, NUMBER_BYTES);
    return new Promise((resolve, reject) => {
      this.calls.set(number, { resolve, reject });
      if (this.calls.size === 1) this.watch();
      this.connection.send(message).catch(() => this.take(number)?.reject(new ConnectionLost()));
    });
  }

  private take(number: number): Call | undefined {
    const call = this.calls.get(number);
    this.calls.delete(number);
    if (call) this.watch();
    return call;
  }

  /** Gives the client its time for the first call that has no answer. */
  private watch(): void {
    clearTimeout(this.timer);
    const [number] = this.calls.keys();
    if (number === undefined) return;
    const { timeoutSeconds } = this.terms;
    this.timer = setTimeout(() => {
      const message = `The function did not answer a call within ${timeoutSeconds} s. Give it more time, or fewer images in a call.`;
      this.take(number)?.reject(new ComputeError('FUNCTION_FAILED', message, ['function']));
    }, timeoutSeconds * 1000);
  }
}
