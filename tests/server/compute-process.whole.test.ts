/** The API while the process dies that computes. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCompute } from '../../src/compute/host/index.js';
import { deepTree, greedy } from '../compute/deadly-files.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { finished, readJob, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { upload } from './support/upload.js';
import { inOwnProcess } from './support/validation.js';

let app: TestApplication;
let modelId: string;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '16' }, { openCompute: createCompute, ...inOwnProcess() });
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(app.graphql, 'model');
});
afterAll(() => app?.close());

const SUBMIT = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) { ... on SubmitModelSuccess { job { id } } ... on UserError { message } } }`;
const EXAMPLES = `query ($id: ID!) { evaluation(id: $id) {
  clean { top1 { value n } } adversarial { top1 { value n } }
  examples(first: 100) { nodes { index clean { label confidence } adversarial { label confidence } distortion { l2 linf } } }
} }`;
const request = (seed: number) => ({ modelId, datasetId, attacks: [{ pgd: { epsilon: 0.1, steps: 20 } }], sampleCount: 64, seed });

/** Asks the API again and again until `work` has ended. @returns the answers that were none, and the number of all. */
async function askThroughout(work: () => Promise<unknown>): Promise<{ failures: unknown[]; count: number }> {
  const failures: unknown[] = [];
  let [count, ended] = [0, false];
  const asking = (async () => {
    for (; !ended; count++) {
      const response = await fetch(`${app.url}/healthz`);
      if (!response.ok) failures.push(response.status);
      const { errors, data } = await app.graphql<{ models: { totalCount: number } }>('{ models { totalCount } }');
      if (errors || !data || data.models.totalCount < 1) failures.push(errors);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await work().finally(() => (ended = true));
  await asking;
  return { failures, count };
}

it('a process that dies in the middle of an evaluation costs time and nothing else: the API answers, and the numbers are those of an undisturbed run', async () => {
  // The same network by another name: the same request would be answered from what there is.
  const twinId = await submitArchitecture(app.graphql, 'twin');
  const undisturbed = await startEvaluation(app.graphql, { ...request(7), modelId: twinId });
  expect(await finished(app.graphql, undisturbed.jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
  const numbers = await dataOf(app.graphql(EXAMPLES, { id: undisturbed.evaluationIds[0] }));

  const { restarts } = await app.runtime.compute.processStatus();
  const disturbed = await startEvaluation(app.graphql, request(7));
  const jobId = disturbed.jobIds[0]!;
  const { failures, count } = await askThroughout(async () => {
    await until(async () => (await readJob(app.graphql, jobId)).progress.done >= 16, 'the first shard');
    const { pid } = await app.runtime.compute.processStatus();
    process.kill(pid!, 'SIGSEGV');
    expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', error: null });
  });
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(1);
  expect(await app.runtime.compute.processStatus()).toMatchObject({ restarts: restarts + 1, lastDeath: 'SIGSEGV' });
  expect(await dataOf(app.graphql(EXAMPLES, { id: disturbed.evaluationIds[0] }))).toEqual(numbers);
});

it.each([
  ['makes native code crash', deepTree(), /^VALIDATION_CRASHED/],
  ['asks for all memory', greedy(64), /^(VALIDATION_OUT_OF_MEMORY|INVALID_MODEL)/],
])('a file that %s is rejected, and the API answers throughout', async (name, file, code) => {
  const input = { name, uploadId: await upload(app, file), access: 'SCORE', spec: { inputShape: [28, 28, 1], classCount: 10 } };
  const { failures } = await askThroughout(async () => {
    const { submitModel } = await dataOf(app.graphql(SUBMIT, { input }));
    const { state, errorCode } = await finished(app.graphql, submitModel.job.id);
    expect(state).toBe('FAILED');
    expect(errorCode).toMatch(code);
  });
  expect(failures).toEqual([]);
});
