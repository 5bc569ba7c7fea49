/** The published client against a real server. */
import { accepted, Gauntlet, GauntletError, RefusedError, type Job } from '@gauntlet/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startTestApplication, type TestApplication } from './support/application.js';
import { registerMnist, submitArchitecture } from './support/operations.js';
import { readFolder, zipOf } from './support/upload.js';
import { inOwnProcess } from './support/validation.js';

const MODEL = 'assets/models/mnist-baseline';

let app: TestApplication;
let datasetId: string;
let gauntlet: Gauntlet;
let token: string;

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '16' }, inOwnProcess());
  datasetId = await registerMnist(app.graphql);
  token = app.authorization.replace('Bearer ', '');
  gauntlet = new Gauntlet({ url: app.url, token, webSocket: WebSocket });
});

afterAll(async () => {
  await gauntlet.close();
  await app.close();
});

describe('the client library', () => {
  it('uploads, submits, evaluates, waits and reads the result', async () => {
    const file = new Blob([Buffer.from(zipOf(await readFolder(MODEL)))]);
    const confirmed: number[] = [];
    const uploadId = await gauntlet.upload(file, { partSize: 100_000, onProgress: (sent) => confirmed.push(sent) });
    expect(confirmed.at(-1)).toBe(file.size);
    expect(confirmed.length).toBe(Math.ceil(file.size / 100_000));

    const { model, job } = await gauntlet.submitModel({ name: 'by client', uploadId });
    await gauntlet.waitFor(job.id);
    expect(await gauntlet.model({ name: 'by client' })).toMatchObject({ status: 'READY', gradientsHealthy: true });
    const [evaluation] = await gauntlet.startEvaluation({
      modelId: model.id,
      datasetId,
      attacks: [{ fgsm: { epsilon: '76/255' } }],
      sampleCount: 32,
    });
    const seen: Job[] = [];
    const ended = await gauntlet.waitFor(evaluation!.job.id, { onProgress: (update) => seen.push(update) });
    expect(ended).toMatchObject({ state: 'SUCCEEDED', progress: { done: 32, total: 32 } });
    expect(seen.at(-1)!.state).toBe('SUCCEEDED');
    const result = await gauntlet.evaluation(evaluation!.id);
    expect(result!.adversarial!.top1.value!).toBeLessThan(result!.clean!.top1.value!);
  });

  it('polls for the result where there is no WebSocket', async () => {
    const modelId = await submitArchitecture(app.graphql, 'polled');
    const noSocket = new Gauntlet({ url: `${app.url}/`, token, webSocket: false });
    const [evaluation] = await noSocket.startEvaluation({ modelId, datasetId, attacks: [{ stepLl: { epsilon: 0.1 } }], sampleCount: 16 });
    expect((await noSocket.waitFor(evaluation!.job.id)).state).toBe('SUCCEEDED');
  });

  it('sends a part again after a broken connection, from the first byte that the server lacks', async () => {
    const bytes = Buffer.from(zipOf(await readFolder(MODEL)));
    let puts = 0;
    const breaking: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      // The bytes have arrived, but the answer is lost.
      if (init?.method === 'PUT' && ++puts === 2) throw new TypeError('fetch failed');
      return response;
    };
    const flaky = new Gauntlet({ url: app.url, token, fetch: breaking });
    const uploadId = await flaky.upload(new Blob([bytes]), { partSize: 200_000 });
    expect(puts).toBe(Math.ceil(bytes.length / 200_000));
    const { job } = await flaky.submitModel({ name: 'after a break', uploadId });
    expect((await gauntlet.waitFor(job.id)).state).toBe('SUCCEEDED');
  });

  it('reports why an upload cannot be opened', async () => {
    const file = new Blob(['x']);
    const stopped = new Gauntlet({ url: 'http://127.0.0.1:1' });
    const code = (by: Gauntlet) => by.upload(file, { retries: 1 }).catch((error: unknown) => error instanceof GauntletError && error.code);
    expect(await code(stopped)).toBe('UNREACHABLE');
    expect(await code(new Gauntlet({ url: app.url, token: 'wrong' }))).toBe('UNAUTHENTICATED');
    const proxied = new Gauntlet({ url: app.url, fetch: async () => new Response('<html>', { status: 502 }) });
    expect(await code(proxied)).toBe('HTTP_502');
  });

  it('opens an upload again when the response was lost', async () => {
    let posts = 0;
    const breaking: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method === 'POST' && ++posts === 1) throw new TypeError('fetch failed');
      return response;
    };
    const flaky = new Gauntlet({ url: app.url, token, fetch: breaking });
    expect(await flaky.upload(new Blob(['x']))).toMatch(/^[0-9a-f-]{36}$/);
    expect(posts).toBe(2);
  });

  it('throws the error that the server reports', async () => {
    const refused = await gauntlet
      .startEvaluation({ modelId: 'nobody', datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }] })
      .catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(RefusedError);
    expect(refused).toMatchObject({ type: 'NotFoundError', path: ['modelIds', '0'] });
    await expect(gauntlet.waitFor('nothing')).rejects.toBeInstanceOf(GauntletError);
    await expect(new Gauntlet({ url: app.url, token: 'wrong' }).models()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(new Gauntlet({ url: 'http://127.0.0.1:1' }).models()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(() => accepted({ __typename: 'NameTakenError', message: 'taken' } as { __typename: string }, 'Success')).toThrow('taken');
  });
});
