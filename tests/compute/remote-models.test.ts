import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testEngine } from '../test-engine.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import type { Endpoint, RemotePolicy } from '../../src/compute/models/black-box/remote/endpoint.js';
import { remoteModel } from '../../src/compute/models/black-box/remote/index.js';
import { dryRun } from '../../src/compute/models/dry-run.js';
import { noiseImages } from '../../src/compute/models/trial-images.js';
import { predict } from '../../src/compute/models/functions.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import { ModelEndpoint, PASSWORD, status, type Fault } from './model-endpoint.js';

const engine = await testEngine();
let endpoint: ModelEndpoint;
beforeAll(async () => {
  endpoint = await ModelEndpoint.start();
});
afterAll(() => Promise.all([engine.dispose(), endpoint.close()]));

const LOOPBACK: RemotePolicy = { networks: ['127.0.0.1/32'], maximumResponseBytes: 100_000 };
const images = noiseImages([28, 28, 1], 9);

function open(given: Partial<Endpoint> = {}, policy = LOOPBACK) {
  const settings: Endpoint = {
    url: endpoint.url('json?version=3'),
    protocol: 'JSON',
    answers: 'LOGITS',
    layout: 'CHANNELS_LAST',
    batchSize: 4,
    timeoutSeconds: 20,
    retries: 0,
    authorization: PASSWORD,
    ...given,
  };
  return remoteModel({ endpoint: settings, spec: { inputShape: [28, 28, 1], classCount: 10 } }, policy);
}

describe('a model behind an endpoint', () => {
  it.each([
    ['json?version=3', 'JSON'],
    ['v2', 'KSERVE_V2'],
    ['raw', 'RAW_FLOAT32'],
  ] as const)('returns at %s the scores of the network there', async (path, protocol) => {
    const model = open({ url: endpoint.url(path), protocol, requestsPerSecond: 1000 });
    const before = endpoint.requests;
    const network = await loadLayersModel({ directory: 'assets/models/mnist-baseline' });
    const [found, expected] = [await model.predict(images), await predict(engine, network, images)];
    expect(Math.max(...found.data.map((score, i) => Math.abs(score - expected.data[i]!)))).toBeLessThan(1e-4);
    expect(endpoint.requests - before).toBe(3);
    expect(await dryRun(engine, model)).toMatchObject({ gradientsHealthy: null, warnings: [] });
    await model.close();
  });

  it('that returns labels has access DECISION', async () => {
    const model = open({ url: endpoint.url('labels'), answers: 'LABELS' });
    expect(model).toMatchObject({ access: 'DECISION', output: 'LABELS' });
    expect(argmaxRows(await model.predict(images))).toEqual(argmaxRows(await open().predict(images)));
    expect(model.fingerprint).not.toBe(open().fingerprint);
    expect(open({ batchSize: 1, authorization: undefined }).fingerprint).toBe(open().fingerprint);
  });

  it('is called again after a temporary failure', async () => {
    endpoint.faults.push(status(500), status(429, { 'retry-after': '0.1' }), (response) => void response.destroy());
    const before = endpoint.requests;
    await open({ retries: 3, batchSize: 9 }).predict(images);
    expect(endpoint.requests - before).toBe(4);
  });

  it('is no longer called when the computation is cancelled', async () => {
    const cancelling = new AbortController();
    endpoint.faults.push(() => cancelling.abort());
    await expect(open({ retries: 3 }).predict(images, cancelling.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

const body =
  (text: string): Fault =>
  (response) =>
    void response.end(text);
const scores = (n: number, value: string) => `{"predictions": [${new Array(n).fill(`[${new Array(10).fill(value).join()}]`).join()}]}`;
const floats = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer);

describe('an endpoint that', () => {
  it.each<[string, Fault, RegExp, Partial<Endpoint>?]>([
    ['is down', status(503), /HTTP status 503, also after 1 repetitions/, { retries: 1 }],
    ['does not answer', () => undefined, /did not answer within 0.2 s/, { timeoutSeconds: 0.2 }],
    ['redirects', status(302, { location: 'http://169.254.169.254/latest' }), /status 302, a redirect, which is not followed/],
    ['echoes the secret', (response, { headers }) => void response.writeHead(403).end(headers.authorization), /status 403\.$/],
    ['answers no JSON', body('{"predictions": [[NaN]]}'), /it is not JSON/],
    ['answers something else', body('{"scores": []}'), /predictions/],
    ['answers nulls', body(scores(9, 'null')), /predictions/],
    ['answers for too few images', body(scores(2, '0')), /holds 20 numbers, where 90 were expected/],
    ['answers without end', body('1'.repeat(200_000)), /larger than the server accepts/],
    ['answers NaN', (response) => void response.end(floats(new Array(90).fill(NaN))), /NaN or infinity/, { protocol: 'RAW_FLOAT32' }],
    ['answers half a number', body('123'), /no whole number/, { protocol: 'RAW_FLOAT32' }],
  ])('%s is reported, without the secret', async (_, fault, message, given = {}) => {
    endpoint.faults.push(fault, fault);
    const failure = await open({ batchSize: 9, ...given })
      .predict(images)
      .catch((error: unknown) => error as Error);
    endpoint.faults.length = 0;
    expect(failure).toMatchObject({ code: 'REMOTE_MODEL_FAILED', message: expect.stringMatching(message) });
    expect((failure as Error).message).not.toMatch(/sesame|version=3/);
  });

  it.each([
    [status(200), 'LABELS', /not JSON/],
    [body('{"predictions": [0, 1, 2, 3, 4, 5, 6, 7, 10]}'), 'LABELS', /label 10; the classes are 0 to 9/],
  ] as const)('returns no labels is reported', async (fault, answers, message) => {
    endpoint.faults.push(fault);
    await expect(open({ answers, batchSize: 9 }).predict(images)).rejects.toThrow(message);
  });

  it('has no public address is not called, by number or by name', async () => {
    const before = endpoint.requests;
    const nowhere: RemotePolicy = { ...LOOPBACK, networks: [] };
    expect(() => open({}, nowhere)).toThrow(expect.objectContaining({ code: 'REMOTE_ADDRESS_REFUSED' }));
    const named = open({ url: `http://localhost:${endpoint.port}/json` }, nowhere);
    await expect(named.predict(images)).rejects.toMatchObject({ code: 'REMOTE_ADDRESS_REFUSED' });
    expect(endpoint.requests).toBe(before);
  });
});
