/** A connection to a Gauntlet server, in a browser or in Node. @module */
import { createClient as createSocketClient, type Client as SocketClient } from 'graphql-ws';
import { GauntletError, RefusedError } from './errors.js';
import { ConnectedFunction, type Classifier } from './function.js';
import {
  AttackKindsDocument,
  type AttackKindsQuery,
  BenchmarkDocument,
  type BenchmarkQuery,
  DatasetDocument,
  type DatasetPartsFragment,
  DatasetsDocument,
  EnterBenchmarkDocument,
  EvaluationDocument,
  type EvaluationPartsFragment,
  EvaluationsDocument,
  JobDocument,
  type JobPartsFragment,
  JobProgressDocument,
  LeaderboardDocument,
  type LeaderboardInput,
  type LeaderboardQuery,
  ModelDocument,
  type ModelPartsFragment,
  ModelsDocument,
  StartEvaluationDocument,
  type StartEvaluationInput,
  StartTransferDocument,
  type StartTransferInput,
  SubmitModelDocument,
  type SubmitModelInput,
  TransferDocument,
  type TransferPartsFragment,
  type TypedDocumentString,
} from './generated.js';
import { isPassing, send, unreachable, type Endpoint } from './http.js';
import { socketError, subscriptionError } from './subscription.js';
import { sendFile, type UploadOptions } from './upload.js';

export interface GauntletOptions {
  /** Where the server is, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** What an administrator handed out; not needed where the server asks for none. */
  readonly token?: string;
  readonly fetch?: typeof globalThis.fetch;
  /** A WebSocket class, where there is no global one (Node 20: pass that of the package `ws`); false: never open one. */
  readonly webSocket?: unknown;
}

export interface WaitOptions {
  /** Called with the job at each step. */
  readonly onProgress?: (job: Job) => void;
  /** Stops waiting; the job continues. */
  readonly signal?: AbortSignal;
}

export type IdOrName = { readonly id: string } | { readonly name: string };

/** A version of a model beside its name; by default the newest that is ready. */
export type ModelKey = { readonly id: string } | { readonly name: string; readonly version?: number };

export type Job = JobPartsFragment;
export type Model = ModelPartsFragment;
export type Dataset = DatasetPartsFragment;
export type Evaluation = EvaluationPartsFragment;
export type Transfer = TransferPartsFragment;
export type Leaderboard = LeaderboardQuery['leaderboard'];
export type Benchmark = NonNullable<BenchmarkQuery['benchmark']>;
export type BenchmarkRank = Benchmark['ranking'][number];

/** What every payload of a mutation has: a success, or a refusal with its message. */
interface Payload {
  readonly __typename: string;
}
interface GraphQLAnswer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}
interface Refusal extends Payload {
  readonly message: string;
  readonly path?: readonly string[] | null;
}

const POLL_MILLISECONDS = 500;

/** How often a server that is away while a job is waited for is tried again, and after how long: about a minute and a half in all. */
const PAUSES = [0.5, 1, 2, 4, 8, 16, 30, 30].map((seconds) => 1000 * seconds);

export class Gauntlet {
  private readonly base: string;
  private readonly fetch: typeof globalThis.fetch;
  private socket: SocketClient | undefined;

  constructor(private readonly options: GauntletOptions) {
    this.base = options.url.replace(/\/+$/, '').replace(/\/graphql$/, '');
    this.fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  /** Any operation, typed by its document. @throws GauntletError where the server answers with errors or not at all. */
  async request<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Result> {
    const { status, body } = await send<GraphQLAnswer<Result>>(this.endpoint(), '/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: document.toString(), variables }),
      signal,
    });
    const [error] = body.errors ?? [];
    if (status === 404)
      throw new GauntletError(
        'HTTP_404',
        `There is no Gauntlet server at ${this.base}, whose /graphql answers 404. Give the address of its dashboard.`,
      );
    if (error || !body.data)
      throw new GauntletError(error?.extensions?.code ?? `HTTP_${status}`, error?.message ?? `The server answered ${status} without data.`);
    return body.data;
  }

  /**
   * Sends a file in parts; a part that is lost is sent again from where the server has got to.
   * @returns its id, for {@link submitModel}.
   */
  upload(file: Blob, options: UploadOptions = {}): Promise<string> {
    return sendFile(this.endpoint(), file, options);
  }

  /** Bytes behind a path of the API, such as a model's `onnxUrl` or an example's image. @throws GauntletError where the server refuses them. */
  async download(path: string): Promise<Uint8Array> {
    const { base, fetch, headers } = this.endpoint();
    const response = await fetch(`${base}${path}`, { headers }).catch((error: unknown) => {
      throw unreachable(base, error);
    });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    const { error } = (await response.json().catch(() => ({}))) as { error?: { code: string; message: string } };
    throw new GauntletError(error?.code ?? `HTTP_${response.status}`, error?.message ?? `The server answered ${response.status}.`);
  }

  /** @returns the model, which cannot be evaluated before the job has succeeded. @throws RefusedError with the server's reason. */
  async submitModel(input: SubmitModelInput): Promise<{ readonly model: Model; readonly job: Job }> {
    return accepted((await this.request(SubmitModelDocument, { input })).submitModel, 'SubmitModelSuccess');
  }

  /**
   * Submits a function of this program as a model, connects it, and waits until the server has tried it. It can be evaluated until it is closed, or the program ends.
   * @param input with `function` and `spec`. @throws RefusedError with the server's reason; GauntletError where it does not answer as it should.
   */
  async connectFunction(
    classify: Classifier,
    input: SubmitModelInput,
  ): Promise<{ readonly model: Model; readonly connected: ConnectedFunction }> {
    const webSocket = this.webSocket() as typeof globalThis.WebSocket | undefined;
    if (!webSocket)
      throw new GauntletError('NO_WEBSOCKET', 'A function needs a WebSocket: pass the class of the package `ws` as `webSocket`.');
    const { model, job } = await this.submitModel(input);
    const imageSize = (input.spec?.inputShape ?? []).reduce((product, side) => product * side, 1);
    const { base, headers } = this.endpoint();
    const connected = new ConnectedFunction({ base, headers, webSocket, modelId: model.id, imageSize }, classify);
    try {
      await Promise.race([this.waitFor(job.id), connected.ended]);
      return { model: (await this.model({ id: model.id }))!, connected };
    } catch (error) {
      connected.close();
      throw error;
    }
  }

  /** One evaluation for each model, attack and ε. @throws RefusedError with the server's reason. */
  async startEvaluation(input: StartEvaluationInput): Promise<readonly Evaluation[]> {
    return accepted((await this.request(StartEvaluationDocument, { input })).startEvaluation, 'StartEvaluationSuccess').evaluations;
  }

  /** Evaluates the sources, then the targets on their images. @throws RefusedError with the server's reason. */
  async startTransfer(input: StartTransferInput): Promise<Transfer> {
    return accepted((await this.request(StartTransferDocument, { input })).startTransfer, 'StartTransferSuccess').transfer;
  }

  async model(by: ModelKey): Promise<Model | null> {
    return (await this.request(ModelDocument, by)).model;
  }

  /** The newest first. */
  async models(first = 20): Promise<readonly Model[]> {
    return (await this.request(ModelsDocument, { first })).models.nodes;
  }

  async dataset(by: IdOrName): Promise<Dataset | null> {
    return (await this.request(DatasetDocument, by)).dataset;
  }

  async datasets(first = 20): Promise<readonly Dataset[]> {
    return (await this.request(DatasetsDocument, { first })).datasets.nodes;
  }

  /** The catalogue of attacks with their parameters. */
  async attackKinds(): Promise<AttackKindsQuery['attackKinds']> {
    return (await this.request(AttackKindsDocument, {})).attackKinds;
  }

  async evaluation(id: string): Promise<Evaluation | null> {
    return (await this.request(EvaluationDocument, { id })).evaluation;
  }

  /** The newest first. */
  async evaluations(first = 20): Promise<readonly Evaluation[]> {
    return (await this.request(EvaluationsDocument, { first })).evaluations.nodes;
  }

  async transfer(id: string): Promise<Transfer | null> {
    return (await this.request(TransferDocument, { id })).transfer;
  }

  /** The most robust models first. */
  async leaderboard(input: LeaderboardInput, first = 20): Promise<Leaderboard> {
    return (await this.request(LeaderboardDocument, { input, first })).leaderboard;
  }

  /** A benchmark by its name, in its newest version, with its ranking. */
  async benchmark(name: string): Promise<Benchmark | null> {
    return (await this.request(BenchmarkDocument, { name })).benchmark;
  }

  /**
   * Enters a model that is LISTED or PUBLIC, and waits for its official run.
   * @returns where it stands. @throws RefusedError with the server's reason; GauntletError where the run did not succeed.
   */
  async enterBenchmark(
    { benchmark: name, modelId }: { readonly benchmark: string; readonly modelId: string },
    options: WaitOptions = {},
  ): Promise<BenchmarkRank> {
    const { id: benchmarkId } = await this.knownBenchmark(name);
    const { entry, job } = accepted(
      (await this.request(EnterBenchmarkDocument, { input: { benchmarkId, modelId } })).enterBenchmark,
      'EnterBenchmarkSuccess',
    );
    await this.waitFor(job.id, options);
    const { ranking } = await this.knownBenchmark(name);
    const own = ranking.find((one) => [one.entry, ...one.same].some(({ id }) => id === entry.id));
    if (own) return own;
    throw new GauntletError('NOT_FOUND', `"${name}" has another version by now, and its run is of the one before.`);
  }

  private async knownBenchmark(name: string): Promise<Benchmark> {
    const benchmark = await this.benchmark(name);
    if (benchmark) return benchmark;
    throw new GauntletError('NOT_FOUND', `There is no benchmark "${name}".`);
  }

  /**
   * Waits until a job has ended: by a subscription, or by asking again where there is no WebSocket. A server that goes away is tried again for a minute and
   * a half, after which the error is UNREACHABLE: jobs go on where it is started again.
   * @returns the finished job. @throws GauntletError JOB_FAILED or JOB_CANCELLED where it did not succeed.
   */
  async waitFor(jobId: string, options: WaitOptions = {}): Promise<Job> {
    const job = await this.untilEnded(jobId, options);
    if (job.state === 'SUCCEEDED') return job;
    throw new GauntletError(job.errorCode ?? `JOB_${job.state}`, job.error ?? `The job was ${job.state.toLowerCase()}.`);
  }

  /** Closes the WebSocket, if one was opened. */
  async close(): Promise<void> {
    await this.socket?.dispose();
    this.socket = undefined;
  }

  private async untilEnded(jobId: string, { onProgress, signal }: WaitOptions): Promise<Job> {
    let failures = 0;
    const options: WaitOptions = {
      signal,
      onProgress(job) {
        failures = 0;
        onProgress?.(job);
      },
    };
    for (;;) {
      try {
        return await (this.webSocket() ? this.follow(jobId, options) : this.poll(jobId, options));
      } catch (error) {
        const pause = PAUSES[failures++];
        if (!(error instanceof GauntletError) || !isPassing(error) || pause === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
        signal?.throwIfAborted();
      }
    }
  }

  private async follow(jobId: string, { onProgress, signal }: WaitOptions): Promise<Job> {
    this.socket ??= createSocketClient({
      url: `${this.base.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: this.webSocket(),
      connectionParams: this.authorization(),
      retryAttempts: 0,
    });
    const updates = this.socket.iterate<{ jobProgress: Job }>({ query: JobProgressDocument.toString(), variables: { jobId } });
    const stop = () => void updates.return?.();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      let last: Job | undefined;
      for await (const { data, errors } of updates) {
        if (errors?.[0]) throw subscriptionError(errors[0]);
        last = data?.jobProgress ?? last;
        if (last) onProgress?.(last);
      }
      signal?.throwIfAborted();
      if (!last) throw new GauntletError('NOT_FOUND', 'There is no job with this id.');
      if (!last.finishedAt) throw new GauntletError('UNREACHABLE', 'The server stopped before the job had ended.');
      return last;
    } catch (error) {
      signal?.throwIfAborted();
      throw socketError(this.base, error);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  private async poll(jobId: string, { onProgress, signal }: WaitOptions): Promise<Job> {
    for (;;) {
      const { job } = await this.request(JobDocument, { id: jobId }, signal);
      if (!job) throw new GauntletError('NOT_FOUND', 'There is no job with this id.');
      onProgress?.(job);
      if (job.finishedAt) return job;
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      signal?.throwIfAborted();
    }
  }

  private webSocket(): unknown {
    return this.options.webSocket ?? globalThis.WebSocket;
  }

  private endpoint(): Endpoint {
    return { base: this.base, fetch: this.fetch, headers: this.authorization() };
  }

  private authorization(): Record<string, string> {
    // A file of a token ends with a line break.
    const token = this.options.token?.trim();
    return token ? { authorization: `Bearer ${token}` } : {};
  }
}

/** A payload's success. @throws RefusedError */
export function accepted<P extends Payload, Name extends P['__typename']>(payload: P, success: Name): Extract<P, { __typename: Name }> {
  if (payload.__typename === success) return payload as Extract<P, { __typename: Name }>;
  const { __typename, message, path } = payload as unknown as Refusal;
  throw new RefusedError(__typename, message, path ?? []);
}
