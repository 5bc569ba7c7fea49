/** Functions on machines of clients as models. */
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Gauntlet, GauntletError, type ConnectedFunction, type Classifier, type SubmitModelInput } from '@gauntlet/client';
import type { Engine } from '../../src/compute/engine/types.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import { predict } from '../../src/compute/models/functions.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { rowId } from '../../src/storage/global-id.js';
import { ConnectedFunction as CalledFunction, type FunctionConnection } from '../../src/services/model/connected-function.js';
import { testEngine } from '../test-engine.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation } from './support/operations.js';
import { readFolder, upload, zipOf } from './support/upload.js';

let app: TestApplication;
let client: Gauntlet;
let engine: Engine;
let network: DifferentiableModel;
let datasetId: string;
const opened: ConnectedFunction[] = [];

beforeAll(async () => {
  [app, engine] = await Promise.all([
    startTestApplication({ GAUNTLET_SHARD_SIZE: '6', GAUNTLET_FUNCTION_RECONNECT_SECONDS: '5', GAUNTLET_FUNCTION_MAX_COUNT: '6' }),
    testEngine(),
  ]);
  network = await loadLayersModel({ directory: 'assets/models/mnist-baseline' });
  datasetId = await registerMnist(app.graphql);
  client = clientOf(app.authorization);
});
afterAll(async () => {
  for (const connected of opened) connected.close();
  await app?.close();
  await engine?.dispose();
});

const clientOf = (authorization: string) =>
  new Gauntlet({ url: app.url, token: authorization.replace('Bearer ', ''), webSocket: SeenSocket });

/** Sockets that clients have opened. */
const sockets: WebSocket[] = [];
class SeenSocket extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols);
    if (url.endsWith('/function')) sockets.push(this);
  }
}

/** Scores of the shipped network. */
const scores: Classifier = async (data, count) =>
  (await predict(engine, network, { shape: [count, 28, 28, 1], dtype: 'float32', data })).data;

const labels: Classifier = async (data, count) => {
  const found = await scores(data, count);
  return Array.from({ length: count }, (_, i) => {
    const row = Array.from(found).slice(10 * i, 10 * i + 10);
    return row.indexOf(Math.max(...row));
  });
};

const inputOf = (name: string, given: object = {}): SubmitModelInput => ({
  name,
  spec: { inputShape: [28, 28, 1], classCount: 10 },
  function: { answers: 'LOGITS', batchSize: 4, ...given },
});

async function connect(name: string, classify: Classifier, given: object = {}, by = client) {
  const found = await by.connectFunction(classify, inputOf(name, given));
  opened.push(found.connected);
  return found;
}

const SEEN = `query ($id: ID!) { evaluation(id: $id) { queries adversarial { top1 { value } }
  examples(first: 50) { nodes { adversarial { label } queries distortion { l2 } } } } }`;

async function evaluated(modelId: string, attack: object) {
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, sampleCount: 6, attacks: [attack], seed: 5 });
  const job = await finished(app.graphql, jobIds[0]!);
  const { evaluation } = await dataOf(app.graphql(SEEN, { id: evaluationIds[0] }));
  return { job, evaluation };
}

const SQUARE = { squareLinf: { epsilon: 0.3, queries: 8 } };
const BOUNDARY = { boundary: { queries: 8 } };

/** A socket without a client: what it is told, and with which code it is closed. */
async function socketTo(modelId: string, messages: readonly (string | Uint8Array)[]): Promise<{ code: number; reason: string }> {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/models/${modelId}/function`);
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      for (const message of messages) socket.send(message);
    });
    socket.on('error', reject);
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
}

const hello = (authorization: string) => JSON.stringify({ authorization });

describe("a function on a client's machine", () => {
  it('is attacked like the same network from a file, in batches of the size that it wants', async () => {
    const { model: file, job } = await client.submitModel({
      name: 'file',
      uploadId: await upload(app, zipOf(await readFolder('assets/models/mnist-baseline'))),
    });
    await client.waitFor(job.id);
    const batches: number[] = [];
    const { model } = await connect('scores', (images, count) => {
      batches.push(count);
      return scores(images, count);
    });
    expect(model).toMatchObject({ access: 'SCORE', status: 'READY', endpoint: null, output: 'LOGITS' });
    const [found, expected] = [await evaluated(model.id, SQUARE), await evaluated(file.id, SQUARE)];
    expect(found.evaluation).toEqual(expected.evaluation);
    expect(found.evaluation.queries).toBeGreaterThan(5);
    expect(Math.max(...batches)).toBeLessThanOrEqual(4);
    const { model: decisions } = await connect('labels', labels, { answers: 'LABELS' });
    expect(decisions.access).toBe('DECISION');
    expect((await evaluated(decisions.id, BOUNDARY)).evaluation.examples).toEqual((await evaluated(file.id, BOUNDARY)).evaluation.examples);
    const transfer = await client.startTransfer({
      sourceIds: [file.id],
      targetIds: [model.id],
      datasetId,
      sampleCount: 6,
      attacks: [{ fgsm: { epsilon: 0.3 } }],
    });
    await client.waitFor(transfer.job.id);
    const [result] = await app.runtime.database.prisma.transferResult.findMany({
      select: { bothRight: true, fooledSource: true, transferred: true },
    });
    expect(result!.fooledSource).toBeGreaterThan(0);
    expect(result!.transferred).toBe(result!.fooledSource);
  });

  it('that returns NaN is refused with a message about the function, not about an address', async () => {
    const { job, connected } = await client
      .connectFunction((_, count) => new Float32Array(10 * count).fill(NaN), inputOf('undefined'))
      .then(
        () => expect.unreachable('it was accepted'),
        (error: Error) => ({ job: error.message, connected: undefined }),
      );
    expect(connected).toBeUndefined();
    expect(job).toMatch(/The function returned NaN or infinity/);
    expect(job).not.toMatch(/internal|http/);
  });

  it('that raises an error fails the job with what it raised', async () => {
    const failing: Classifier = () => {
      throw new TypeError('no such thing');
    };
    await expect(connect('raises', failing)).rejects.toThrow(
      new GauntletError('FUNCTION_FAILED', "The function raised an error on the client's machine: TypeError: no such thing"),
    );
    await expect(connect('short', () => [1, 2, 3])).rejects.toMatchObject({
      code: 'REMOTE_MODEL_FAILED',
      message: expect.stringContaining('holds 3 numbers'),
    });
  });

  it('that takes longer than it may fails the job at once, and is not asked the same again', async () => {
    let calls = 0;
    const { model, connected } = await connect(
      'slow',
      async (images, count) => {
        if (++calls > 4) await delay(1500);
        return scores(images, count);
      },
      { timeoutSeconds: 0.5 },
    );
    const { job } = await evaluated(model.id, SQUARE);
    expect(job).toMatchObject({ state: 'FAILED', errorCode: 'FUNCTION_FAILED', error: expect.stringContaining('within 0.5 s') });
    expect(calls).toBeLessThan(8);
    connected.close();
  });

  it('has its time for each call, from its answer to the one before', async () => {
    let turn = Promise.resolve();
    const answering: FunctionConnection = {
      send: async ([number]) => {
        turn = turn.then(async () => {
          await delay(200);
          if (number! < 3) connected.answer(Uint8Array.of(number!, 0, 0, 0, 7));
        });
      },
      close: () => undefined,
    };
    const connected = new CalledFunction({ owner: '', secret: '', timeoutSeconds: 0.35 }, answering);
    const call = (signal = new AbortController().signal) => connected.call(Uint8Array.of(1), signal);
    // The third is answered after 0.6 s.
    expect(await Promise.all([call(), call(), call()])).toEqual([[7], [7], [7]].map((bytes) => Uint8Array.from(bytes)));
    await expect(call()).rejects.toMatchObject({ code: 'FUNCTION_FAILED', message: expect.stringContaining('within 0.35 s') });
    await expect(call(AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('whose client ends fails the job; one that comes back gets the same numbers', async () => {
    const name = 'dies';
    const { model, connected } = await connect(name, scores);
    const undisturbed = await evaluated(model.id, SQUARE);
    connected.close();
    // The same evaluation would be found again.
    const gone = await evaluated(model.id, { squareLinf: { epsilon: 0.3, queries: 11 } });
    expect(gone.job).toMatchObject({ state: 'FAILED', errorCode: 'FUNCTION_NOT_CONNECTED', error: expect.stringContaining('within 5 s') });

    let calls = 0;
    const again = await connect('comes back', async (images, count) => {
      // The connection breaks while the server waits for the answer.
      if ([4, 9].includes(++calls)) sockets.at(-1)!.terminate();
      return scores(images, count);
    });
    const found = await evaluated(again.model.id, SQUARE);
    expect(found.job).toMatchObject({ error: null, state: 'SUCCEEDED' });
    expect(found.evaluation).toEqual(undisturbed.evaluation);
    expect(calls).toBeGreaterThan(6);
    again.connected.close();
  });

  it('that another server serves by now is called there, after the address that is gone was tried', async () => {
    const { model, connected } = await connect('moves', scores);
    const id = rowId(model.id, 'Model')!;
    const { endpoint } = await app.runtime.database.prisma.model.findUniqueOrThrow({ where: { id } });
    // As it was while its client was connected to a server that has died since.
    const gone = { ...(endpoint as object), url: `http://127.0.0.1:1/internal/functions/${id}`, retries: 0 };
    await app.runtime.database.prisma.model.update({ where: { id }, data: { endpoint: gone } });
    const { jobIds } = await startEvaluation(app.graphql, { modelId: model.id, datasetId, sampleCount: 6, attacks: [SQUARE], seed: 6 });
    const ended = finished(app.graphql, jobIds[0]!);
    await vi.waitUntil(async () => (await app.runtime.database.prisma.jobPart.aggregate({ _max: { failures: true } }))._max.failures, {
      timeout: 10_000,
    });
    sockets.at(-1)!.terminate();
    expect(await ended).toMatchObject({ error: null, state: 'SUCCEEDED' });
    connected.close();

    // Where no server has it, the job ends, and says so.
    await app.runtime.database.prisma.model.update({ where: { id }, data: { endpoint: gone } });
    const { job } = await evaluated(model.id, { squareLinf: { epsilon: 0.3, queries: 12 } });
    expect(job).toMatchObject({ state: 'FAILED', errorCode: 'REMOTE_MODEL_FAILED', error: expect.stringContaining('ECONNREFUSED') });
  });

  it('is connected by its owner alone, who is told why not', async () => {
    const [owner, other, viewer] = await Promise.all([
      app.authorizationOf('owner', 'SUBMITTER'),
      app.authorizationOf('other', 'SUBMITTER'),
      app.authorizationOf('owner', 'VIEWER'),
    ]);
    const { model, connected } = await connect('owned', scores, {}, clientOf(owner));
    expect(await socketTo(model.id, [hello(other)])).toEqual({ code: 4404, reason: 'There is no model with this id.' });
    expect((await socketTo(model.id, [hello(viewer)])).code).toBe(4403);
    expect((await socketTo(model.id, [hello('Bearer x')])).code).toBe(4401);
    expect(await socketTo(model.id, ['{'])).toMatchObject({ code: 4400, reason: expect.stringContaining('first message') });
    const file = await client.model({ name: 'file' });
    expect(await socketTo(file!.id, [hello(app.authorization)])).toMatchObject({
      code: 4400,
      reason: expect.stringContaining('no function'),
    });
    // Whoever is let in next is the function from then on; what makes no sense ends the connection.
    expect(await socketTo(model.id, [hello(owner), 'nonsense'])).toMatchObject({ code: 4400 });
    connected.close();
    const { auditLog } = await dataOf(app.graphql('{ auditLog(first: 100) { nodes { action actor subjectName } } }'));
    expect(auditLog.nodes).toContainEqual({ action: 'FUNCTION_CONNECTED', actor: 'owner', subjectName: 'owned' });
  });

  it('of the same name and code is a model of its own for each token name, and refused a second time for one', async () => {
    const [first, second] = await Promise.all(
      ['first', 'second'].map(async (name) => clientOf(await app.authorizationOf(name, 'SUBMITTER'))),
    );
    const models = [await connect('same', scores, {}, first), await connect('same', scores, {}, second)].map(({ model }) => model.id);
    const { nodes } = await dataOf(
      app.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Model { name fingerprint owner } } }', { ids: models }),
    );
    expect(nodes).toMatchObject([
      { name: 'same', owner: 'first' },
      { name: 'same', owner: 'second' },
    ]);
    // What one computes is nothing that the other is asked for.
    expect(new Set([...models, ...nodes.map(({ fingerprint }: { fingerprint: string }) => fingerprint)]).size).toBe(4);
    await expect(connect('same', scores, {}, first)).rejects.toThrow('There is already a model called "same".');
    for (const connected of opened.splice(-2)) connected.close();
  });

  it('is called by processes of the installation alone', async () => {
    const { model } = await connect('inner', scores);
    const row = await app.runtime.database.prisma.model.findFirstOrThrow({ where: { name: 'inner' } });
    const { url } = row.endpoint as { url: string };
    expect(JSON.stringify(row.endpoint)).not.toContain('Bearer');
    for (const authorization of ['', app.authorization, 'Bearer guess']) {
      const answer = await fetch(url, { method: 'POST', headers: { authorization }, body: new Uint8Array(28 * 28 * 4) });
      expect(answer.status, authorization).toBe(401);
    }
    expect((await fetch(url.replace(row.id, 'x'), { method: 'POST' })).status).toBe(401);
    expect((await fetch(`${app.url}/models/${model.id}/function`, { headers: { authorization: app.authorization } })).status).toBe(426);
  });

  it('counts: a token name may have so many connected', async () => {
    const many = clientOf(await app.authorizationOf('many', 'SUBMITTER'));
    for (let i = 0; i < 6; i++) await connect(`many ${i}`, scores, {}, many);
    await expect(connect('many 6', scores, {}, many)).rejects.toThrow('may have 6 functions connected');
  });

  it('needs to say what it takes, within bounds', async () => {
    const refused = async (input: SubmitModelInput) =>
      client.submitModel(input).then(
        () => expect.unreachable(),
        (error: Error) => error.message,
      );
    expect(await refused({ ...inputOf('x'), spec: { classCount: 10 } })).toContain('A function does not say its inputShape');
    expect(await refused(inputOf('x', { batchSize: 5000 }))).toContain('function.batchSize');
    expect(await refused({ ...inputOf('x'), architecture: { name: 'mnist-cnn' } })).toContain('one of them');
  });
});
