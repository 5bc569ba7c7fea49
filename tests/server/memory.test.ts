import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCompute } from '../../src/compute/host/index.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { finished, startEvaluation, submitArchitecture } from './support/operations.js';
import { registerBoth, start, TINY } from './support/studies.js';
import { dataOf } from './support/client.js';

const MNIST = `{ dataset(name: "mnist-test") { id } }`;

let app: TestApplication;
beforeAll(async () => {
  // Less than the process occupies already: nothing fits beside it.
  app = await startTestApplication(
    { GAUNTLET_ENGINE: 'compiled:cpu' },
    { openCompute: (options) => createCompute({ ...options, memory: 1 }) },
  );
  await registerBoth(app.graphql);
});
afterAll(() => app?.close());

it('an evaluation that does not fit in memory is refused before it runs, with what it needs and what to raise', async () => {
  const datasetId = (await dataOf(app.graphql(MNIST))).dataset.id as string;
  const modelId = await submitArchitecture(app.graphql, 'model');
  const { jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 6 });
  const { state, error, errorCode } = await finished(app.graphql, jobIds[0]!);
  expect({ state, errorCode }).toEqual({ state: 'FAILED', errorCode: 'LIMIT_EXCEEDED' });
  expect(error).toMatch(/ needs \d+ MB of memory .* GAUNTLET_COMPUTE_MEMORY raised to/);
});

it('a study of which a part does not fit in memory ends with what that needs and what to raise', async () => {
  const { jobId } = await start(app.graphql, TINY);
  const { state, error } = await finished(app.graphql, jobId);
  expect(state).toBe('FAILED');
  expect(error).toMatch(/ needs \d+ MB of memory .* GAUNTLET_COMPUTE_MEMORY raised to/);
});
