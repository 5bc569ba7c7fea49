/** A function of this program as a model: the client opens a WebSocket, by which the server asks it. @module */
import { GauntletError } from './errors.js';
import { unreachable } from './http.js';

/**
 * @param images `count` images one after the other, as `spec` says that the model takes them.
 * @returns a row of scores for each, one after the other, or a label for each where the function answers LABELS.
 */
export type Classifier = (images: Float32Array, count: number) => ArrayLike<number> | Promise<ArrayLike<number>>;

export interface Connection {
  readonly base: string;
  readonly headers: Record<string, string>;
  readonly webSocket: typeof globalThis.WebSocket;
  readonly modelId: string;
  readonly imageSize: number;
}

/** Bytes of a call's number, in front of images and answers. */
const NUMBER_BYTES = 4;

/** After which a connection that was lost is opened again: about a minute in all. */
const PAUSES = [0.1, 0.5, 1, 2, 4, 8, 16, 30].map((seconds) => 1000 * seconds);

/** A function that the server can call until it is closed. */
export class ConnectedFunction {
  /** Resolves when it was closed. Rejects where the connection was lost for good, or the server refused it. */
  readonly ended: Promise<void>;
  private end!: { resolve(): void; reject(error: Error): void };
  private socket: WebSocket | undefined;
  private isClosed = false;
  private losses = 0;

  constructor(
    private readonly connection: Connection,
    private readonly classify: Classifier,
  ) {
    this.ended = new Promise((resolve, reject) => (this.end = { resolve, reject }));
    // Who does not look is told by the jobs that fail.
    this.ended.catch(() => undefined);
    this.open();
  }

  /** Jobs that still ask it fail. */
  close(): void {
    this.isClosed = true;
    this.socket?.close();
    this.end.resolve();
  }

  private open(): void {
    const { base, headers, webSocket, modelId } = this.connection;
    const socket = new webSocket(`${base.replace(/^http/, 'ws')}/models/${encodeURIComponent(modelId)}/function`);
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    // One after the other: a classifier need not be able to run twice at the same time.
    let turn = Promise.resolve();
    socket.onopen = () => socket.send(JSON.stringify(headers));
    socket.onmessage = ({ data }) => {
      this.losses = 0;
      if (data instanceof ArrayBuffer) turn = turn.then(() => this.answer(socket, data));
    };
    // What went wrong is told by the closing that follows; the class of `ws` throws errors that nobody listens to.
    socket.onerror = () => undefined;
    socket.onclose = ({ code, reason }) => this.lost(code, reason);
  }

  private lost(code: number, reason: string): void {
    if (this.isClosed) return;
    const pause = PAUSES[this.losses++];
    // 4000 and a status of HTTP: the server refused it.
    if (code >= 4400 && code < 4500) this.end.reject(new GauntletError(`HTTP_${code - 4000}`, reason));
    else if (pause === undefined) this.end.reject(unreachable(this.connection.base, new Error(reason)));
    else setTimeout(() => this.isClosed || this.open(), pause);
  }

  private async answer(socket: WebSocket, message: ArrayBuffer): Promise<void> {
    // What came over a connection that is lost is asked once more.
    if (socket.readyState !== socket.OPEN) return;
    const call = new DataView(message).getUint32(0, true);
    try {
      const images = new Float32Array(message.slice(NUMBER_BYTES));
      const scores = await this.classify(images, images.length / this.connection.imageSize);
      const answer = new ArrayBuffer(NUMBER_BYTES + 4 * scores.length);
      new DataView(answer).setUint32(0, call, true);
      new Float32Array(answer, NUMBER_BYTES).set(scores);
      if (socket.readyState === socket.OPEN) socket.send(answer);
    } catch (error) {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ call, error: String(error) }));
    }
  }
}
