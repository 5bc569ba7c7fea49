import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCompute } from '../../src/compute/host/index.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

let app: TestApplication;
beforeAll(async () => {
  // Less than the process occupies already: nothing fits beside it.
  app = await startTestApplication(
    { GAUNTLET_ENGINE: 'compiled:cpu' },
    { openCompute: (options) => createCompute({ ...options, memory: 1 }) },
  );
});
afterAll(() => app?.close());

it('an evaluation that does not fit in memory is refused before it runs, with what it needs and what to raise', async () => {
  const datasetId = await registerMnist(app.graphql);
  const modelId = await submitArchitecture(app.graphql, 'model');
  const { jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 6 });
  const { state, error, errorCode } = await finished(app.graphql, jobIds[0]!);
  expect({ state, errorCode }).toEqual({ state: 'FAILED', errorCode: 'LIMIT_EXCEEDED' });
  expect(error).toMatch(/ needs \d+ MB of memory .* GAUNTLET_COMPUTE_MEMORY raised to/);
});
