import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

let app: TestApplication;
let datasetId: string;
let modelId: string;
let evaluationId: string;

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '25' });
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(app.graphql, 'model');
  evaluationId = await evaluated({ keepImages: true });
});
afterAll(() => app?.close());

async function evaluated(input: object): Promise<string> {
  const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.02 } }], sampleCount: 60, offset: 3, ...input };
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, request);
  await finished(app.graphql, jobIds[0]!);
  return evaluationIds[0]!;
}

const START = `mutation ($input: StartDestructionInput!) { startDestruction(input: $input) {
  __typename
  ... on StartDestructionSuccess { destruction { id } job { id kind progress { total unit } } }
  ... on UserError { message path } } }`;
const start = async (input: object) => (await dataOf(app.graphql(START, { input: { evaluationId, ...input } }))).startDestruction;

const RESULTS = `id seed finishedAt job { state } evaluation { id }
  results { steps { name amount } rate { value lower upper n } clean { value n } }`;

describe('destruction rates', () => {
  it('count the adversarial examples that each transformation, and their composition, destroys', async () => {
    const transformations = [{ contrast: 1 }, { noise: 0.3 }, { sequence: [{ blur: 0.6 }, { brightness: 0.1 }, { jpeg: 40 }] }];
    const started = await start({ transformations, seed: 4 });
    expect(started).toMatchObject({ job: { kind: 'destruction', progress: { total: 3, unit: 'transformations' } } });
    expect(await finished(app.graphql, started.job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
    expect(await start({ transformations, seed: 4 })).toMatchObject({ destruction: started.destruction });

    const { destruction, evaluation } = await dataOf(
      app.graphql(
        `query ($id: ID!, $evaluationId: ID!) { destruction(id: $id) { ${RESULTS} }
          evaluation(id: $evaluationId) { clean { top1 { value } } successRate { value n } destructions { id } } }`,
        { id: started.destruction.id, evaluationId },
      ),
    );
    const right = evaluation.successRate.n;
    const successes = Math.round(evaluation.successRate.value * right);
    expect(successes).toBeGreaterThan(0);
    expect(destruction).toMatchObject({ seed: 4, job: { state: 'SUCCEEDED' }, evaluation: { id: evaluationId } });
    expect(evaluation.destructions).toEqual([{ id: destruction.id }]);
    const [same, noisy, composed] = destruction.results;
    expect(same).toMatchObject({
      steps: [{ name: 'contrast', amount: 1 }],
      rate: { value: 0, n: successes },
      clean: { value: 1, n: right },
    });
    for (const { rate, clean } of [noisy, composed]) {
      expect([rate.n, clean.n]).toEqual([successes, right]);
      expect(rate.lower).toBeLessThanOrEqual(rate.value);
      expect(rate.value).toBeLessThanOrEqual(rate.upper);
    }
    expect(composed.steps.map(({ name }: { name: string }) => name)).toEqual(['blur', 'brightness', 'jpeg']);
    const { node } = await dataOf(app.graphql('query ($id: ID!) { node(id: $id) { __typename } }', { id: destruction.id }));
    expect(node).toEqual({ __typename: 'Destruction' });
  });

  it('are refused with a message that says what to do, and leave nothing behind', async () => {
    const without = await evaluated({ seed: 9 });
    const before = await app.inventory();
    for (const [input, type, message] of [
      [{ transformations: [{ jpeg: 0 }] }, 'ValidationError', /"jpeg" is 0. Give a number from 1 to 100/],
      [{ transformations: [] }, 'ValidationError', /at least one/],
      [{ transformations: [{ sequence: [] }] }, 'ValidationError', /at least one/],
      [{ transformations: [{ sequence: Array(11).fill({ noise: 0.1 }) }] }, 'LimitExceededError', /10 steps/],
      [{ transformations: [{ noise: 0.1 }], evaluationId: without }, 'ValidationError', /keepImages: true/],
      [{ transformations: [{ noise: 0.1 }], evaluationId: modelId }, 'NotFoundError', /no evaluation/],
    ] as const) {
      expect(await start(input)).toMatchObject({ __typename: type, message: expect.stringMatching(message) as unknown });
    }
    const { errors } = await app.graphql(START, { input: { evaluationId, transformations: [{ noise: 0.1, blur: 1 }] } });
    expect(errors?.[0]?.message).toMatch(/TransformationInput/);
    await expect.poll(() => app.inventory()).toEqual(before);
  });

  it('are deleted with their model', async () => {
    const before = await app.inventory();
    const other = await submitArchitecture(app.graphql, 'to delete', undefined, 5);
    const started = await start({ evaluationId: await evaluated({ modelId: other, keepImages: true }), transformations: [{ blur: 1 }] });
    await finished(app.graphql, started.job.id);
    const remove = 'mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }';
    expect((await dataOf(app.graphql(remove, { id: other }))).deleteModel.__typename).toBe('DeleteModelSuccess');
    await expect.poll(() => app.inventory()).toEqual(before);
  });
});
