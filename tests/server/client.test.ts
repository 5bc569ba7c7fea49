/** The published client and command line against a real server. */
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepted, Gauntlet, GauntletError, RefusedError, type Job } from '@gauntlet/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startTestApplication, type TestApplication } from './support/application.js';
import { registerMnist, submitArchitecture } from './support/operations.js';
import { readFolder, zipOf } from './support/upload.js';

const MODEL = 'assets/models/mnist-baseline';

let app: TestApplication;
let datasetId: string;
let gauntlet: Gauntlet;
let token: string;

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '16' });
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

  it('waits by asking again where there is no WebSocket', async () => {
    const modelId = await submitArchitecture(app.graphql, 'polled');
    const noSocket = new Gauntlet({ url: `${app.url}/`, token, webSocket: false });
    const [evaluation] = await noSocket.startEvaluation({ modelId, datasetId, attacks: [{ stepLl: { epsilon: 0.1 } }], sampleCount: 16 });
    expect((await noSocket.waitFor(evaluation!.job.id)).state).toBe('SUCCEEDED');
  });

  it('sends a part again after the connection broke, from where the server has got to', async () => {
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

  it('throws what the server says is wrong', async () => {
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

describe('the command line', () => {
  it('submits a folder, evaluates two attacks at two ε, and prints a table', async () => {
    const submitted = await gauntletCommand('submit', MODEL, '--name', 'by command line');
    expect(submitted).toMatchObject({ status: 0 });
    expect(submitted.output).toContain('28×28×1');

    const attacks = ['--attacks', 'fgsm,iterBasic', '--epsilon', '8/255,76/255'];
    const evaluated = await gauntletCommand('evaluate', 'by command line', '--dataset', 'mnist-test', ...attacks, '--samples', '32');
    expect(evaluated).toMatchObject({ status: 0 });
    for (const title of ['FGSM ε=0.0314', 'FGSM ε=0.298', 'ITER_BASIC ε=0.0314', 'ITER_BASIC ε=0.298'])
      expect(evaluated.output).toContain(title);
  });

  it('prints JSON for other programs', async () => {
    const attack = '{"fgsm": {"epsilon": "16/255", "label": "PREDICTED"}}';
    const { output } = await gauntletCommand(
      '--json',
      'evaluate',
      'by command line',
      '--dataset',
      'mnist-test',
      '--attack',
      attack,
      '--samples',
      '16',
    );
    expect(JSON.parse(output)).toMatchObject([{ sampleCount: 16, attack: { kind: 'FGSM', parameters: { label: 'PREDICTED' } } }]);
  });

  it.each([
    [
      'an attack that there is not',
      ['evaluate', 'by command line', '--dataset', 'mnist-test', '--attacks', 'magic'],
      /no attack "magic".*fgsm/,
    ],
    ['a model that there is not', ['evaluate', 'nobody', '--dataset', 'mnist-test', '--attacks', 'fgsm'], /no model "nobody"/],
    ['a file that there is not', ['submit', '/nowhere.onnx'], /no file or folder/],
    [
      'an ε that is none',
      ['evaluate', 'by command line', '--dataset', 'mnist-test', '--attacks', 'fgsm', '--epsilon', 'much'],
      /Magnitude/,
    ],
    ['a server that is not there', ['--url', 'http://127.0.0.1:1', 'models'], /UNREACHABLE/],
  ])('says what is wrong with %s, in one line', async (_, args, message) => {
    const { status, errors } = await gauntletCommand(...args);
    expect(status).toBe(1);
    expect(errors).toMatch(message);
    expect(errors).not.toMatch(/\n\s+at /);
  });

  it('shows a file that is no model as the reason of its refusal', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gauntlet-test-'));
    try {
      await copyFile('package.json', join(directory, 'model.json'));
      const { status, errors } = await gauntletCommand('submit', directory, '--name', 'no model');
      expect(status).toBe(1);
      expect(errors).toMatch(/model/i);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

/** Runs `gauntlet` as its user does. */
async function gauntletCommand(...args: string[]): Promise<{ status: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, ['client/bin/gauntlet.js', ...args], {
    env: { ...process.env, GAUNTLET_URL: app.url, GAUNTLET_TOKEN: token },
  });
  const [output, errors] = [child.stdout, child.stderr].map(async (stream) => Buffer.concat(await stream.toArray()).toString());
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, output: (await output)!, errors: (await errors)! };
}
