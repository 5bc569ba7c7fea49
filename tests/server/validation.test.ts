import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateInProcess } from '../../src/jobs/model/process.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { finished, readJob, registerMnist, START, startEvaluation, submitArchitecture } from './support/operations.js';
import { upload } from './support/upload.js';
import { inOwnProcess } from './support/validation.js';

const HOSTILE = new URL('./support/hostile.js', import.meta.url);
const MiB = 2 ** 20;

let app: TestApplication;
let modelId: string;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '16' }, inOwnProcess(HOSTILE));
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(app.graphql, 'good');
});
afterAll(() => app?.close());

/** Children of this process that run the hostile entry. */
async function hostileProcesses(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string) => readFile(join('/proc', pid, file), 'utf8').catch(() => '');
  const isHostile = async (pid: string) =>
    (await read(pid, 'cmdline')).includes('hostile.js') && (await read(pid, 'status')).includes(`PPid:\t${process.pid}\n`);
  return (await Promise.all(pids.map(isHostile))).filter(Boolean).length;
}

describe('a validation process', () => {
  const validate = (behaviour: string, limits: { maxBytes: number; maxSeconds: number }, signal = new AbortController().signal) =>
    validateInProcess(
      HOSTILE,
      {
        source: { archive: '/nonexistent', limits: { maxEntries: 1, maxBytes: 1, maxRatio: 1 } },
        directory: '/nonexistent',
        format: 'LAYERS_MODEL',
        spec: { classNames: [behaviour] },
        engine: { engine: 'eager:cpu', threads: 1 },
      },
      limits,
      signal,
    );
  const ample = { maxBytes: 2048 * MiB, maxSeconds: 60 };

  it.each([
    ['hang', { ...ample, maxSeconds: 1 }, 'VALIDATION_TIMEOUT', /more than 1 s/],
    ['fill native memory', { ...ample, maxBytes: 300 * MiB }, 'VALIDATION_OUT_OF_MEMORY', /more than 300 MiB/],
    ['fill the heap', { ...ample, maxBytes: 300 * MiB }, 'VALIDATION_OUT_OF_MEMORY', /more than 300 MiB/],
    ['abort', ample, 'VALIDATION_CRASHED', /SIGABRT/],
    ['exit', ample, 'VALIDATION_CRASHED', /exit code 3/],
    ['return an invalid verdict', ample, 'VALIDATION_CRASHED', /invalid verdict/],
  ])('that would %s is ended with a reason', async (behaviour, limits, code, message) => {
    await expect(validate(behaviour, limits)).rejects.toMatchObject({ name: 'JobFailed', code, message: expect.stringMatching(message) });
    expect(await hostileProcesses()).toBe(0);
  });

  it('ends when its job is interrupted', async () => {
    const interruption = new AbortController();
    const verdict = validate('hang', ample, interruption.signal);
    await until(async () => (await hostileProcesses()) > 0, 'the process');
    interruption.abort(new Error('enough'));
    await expect(verdict).rejects.toThrow('enough');
    expect(await hostileProcesses()).toBe(0);
  });
});

const SUBMIT = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } } }`;

async function submit(behaviour: string): Promise<{ model: { id: string }; job: { id: string } }> {
  const uploadId = await upload(app, Buffer.from('not looked at'));
  const input = { name: behaviour, uploadId, spec: { classNames: [behaviour] } };
  return (await dataOf(app.graphql(SUBMIT, { input }))).submitModel;
}

describe('a model whose validation crashes or hangs', () => {
  it('fails only its own job: the server responds and other jobs continue', async () => {
    const hanging = await submit('hang');
    await until(async () => (await readJob(app.graphql, hanging.job.id)).state === 'RUNNING', 'the validation to run');
    const crashing = await submit('abort');
    const { jobIds } = await startEvaluation(app.graphql, {
      modelId,
      datasetId,
      attacks: [{ fgsm: { epsilon: 0.1 } }],
      sampleCount: 32,
    });
    expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await readJob(app.graphql, hanging.job.id)).toMatchObject({ state: 'RUNNING' });
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200);

    await dataOf(app.graphql('mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }', { id: hanging.job.id }));
    expect(await finished(app.graphql, crashing.job.id)).toMatchObject({ state: 'FAILED', errorCode: 'VALIDATION_CRASHED' });
    const { models } = await dataOf(app.graphql('{ models(filter: { statuses: [REJECTED] }) { nodes { name job { state errorCode } } } }'));
    expect(models.nodes).toEqual([
      { name: 'abort', job: { state: 'FAILED', errorCode: 'VALIDATION_CRASHED' } },
      { name: 'hang', job: { state: 'CANCELLED', errorCode: null } },
    ]);
    await expect.poll(async () => (await app.inventory()).artifactFiles).toBe(1);
  });

  it('is not evaluated', async () => {
    const { model, job } = await submit('exit');
    const start = async () =>
      (await dataOf(app.graphql(START, { input: { modelId: model.id, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }] } })))
        .startEvaluation;
    expect(await start()).toMatchObject({ __typename: 'ModelNotReadyError', message: expect.stringMatching(/being validated|rejected/) });
    await finished(app.graphql, job.id);
    expect(await start()).toMatchObject({ __typename: 'ModelNotReadyError', message: expect.stringContaining('its job says why') });
  });
});
