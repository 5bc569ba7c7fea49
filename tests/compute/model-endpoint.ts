/** A model behind an HTTP endpoint, as someone else would serve it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine } from '../../src/compute/engine/types.js';
import { testEngine } from '../test-engine.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { predict } from '../../src/compute/models/functions.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';

export const PASSWORD = 'Bearer open-sesame';

/** What the endpoint does instead of answering. */
export type Fault = (response: ServerResponse, request: IncomingMessage) => void;

export const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (response) =>
    void response.writeHead(code, headers).end();

export class ModelEndpoint {
  /** One for each of the next requests, the first one first. */
  readonly faults: Fault[] = [];
  requests = 0;
  private constructor(
    private readonly engine: Engine,
    private readonly model: DifferentiableModel,
    private readonly server: ReturnType<typeof createServer>,
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.answer(request, response);
    });
  }

  /** Serves the shipped MNIST model at `/json`, `/labels`, `/v2` and `/raw` of a port of its own. */
  static async start(): Promise<ModelEndpoint> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const engine = await testEngine();
    return new ModelEndpoint(engine, await loadLayersModel({ directory: 'assets/models/mnist-baseline' }), server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}/${path}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.engine.dispose();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const fault = this.faults.shift();
    if (fault) return fault(response, request);
    if (request.headers.authorization !== PASSWORD) return void response.writeHead(401).end(request.headers.authorization);
    const body = Buffer.concat(chunks);
    switch (request.url) {
      case '/json?version=3':
        return json(response, { predictions: await this.scores(numbersOf(body)) });
      case '/labels':
        return json(response, { predictions: await this.labels(numbersOf(body)) });
      case '/v2': {
        const { inputs } = JSON.parse(body.toString()) as { inputs: { data: number[] }[] };
        return json(response, { outputs: [{ name: 'scores', data: (await this.scores(inputs[0]!.data)).flat() }] });
      }
      case '/raw': {
        const values = new Float32Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.length));
        const [n, ...image] = request.headers['x-tensor-shape']!.toString().split(',').map(Number);
        if (values.length !== n! * 784 || image.join() !== '28,28,1') return void response.writeHead(400).end();
        return void response.end(Buffer.from(Float32Array.from((await this.scores([...values])).flat()).buffer));
      }
      default:
        return void response.writeHead(404).end();
    }
  }

  private async scores(pixels: number[]): Promise<number[][]> {
    const images = { dtype: 'float32', shape: [pixels.length / 784, 28, 28, 1], data: Float32Array.from(pixels) } as const;
    const { data } = await predict(this.engine, this.model, images);
    return Array.from({ length: images.shape[0] }, (_, i) => Array.from(data.subarray(10 * i, 10 * i + 10)));
  }

  private async labels(pixels: number[]): Promise<number[]> {
    const scores = await this.scores(pixels);
    return [...argmaxRows({ dtype: 'float32', shape: [scores.length, 10], data: Float32Array.from(scores.flat()) })];
  }
}

function numbersOf(body: Buffer): number[] {
  return (JSON.parse(body.toString()) as { instances: unknown[] }).instances.flat(3) as number[];
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}
