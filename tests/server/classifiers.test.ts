/** Classical classifiers over the API. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation } from './support/operations.js';

const TRAIN = `mutation ($input: TrainClassifierInput!) {
  trainClassifier(input: $input) {
    ... on TrainClassifierSuccess { model { id access } job { id } }
    ... on UserError { message path }
  }
}`;

const MODEL = `query ($id: ID!) {
  model(id: $id) {
    status access format gradientsHealthy forwardDifference onnxUrl fittedTo { id }
    classifier { kind parameters offset sampleCount seed }
  }
}`;

describe('a classical classifier', () => {
  let app: TestApplication;
  let datasetId: string;
  beforeAll(async () => {
    app = await startTestApplication();
    datasetId = await registerMnist(app.graphql);
  });
  afterAll(() => app?.close());

  async function train(name: string, classifier: object, rest: object = {}) {
    const input = { name, datasetId, classifier, offset: 200, sampleCount: 300, ...rest };
    const { trainClassifier } = await dataOf(app.graphql(TRAIN, { input }));
    return trainClassifier as { model: { id: string }; job: { id: string }; message?: string; path?: string[] };
  }

  async function evaluated(modelId: string, attack: object) {
    const evaluation = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [attack], sampleCount: 50 });
    expect(await finished(app.graphql, evaluation.jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
    const query = 'query ($id: ID!) { evaluation(id: $id) { clean { top1 { value } } adversarial { top1 { value } } } }';
    const found = await dataOf(app.graphql(query, { id: evaluation.evaluationIds[0] }));
    return found.evaluation as Record<'clean' | 'adversarial', { top1: { value: number } }>;
  }

  it('with gradients is a model like any other', async () => {
    const { model, job } = await train('svm', { svm: { c: 2 } });
    expect(await finished(app.graphql, job.id)).toMatchObject({ state: 'SUCCEEDED' });
    const found = await dataOf(app.graphql(MODEL, { id: model.id }));
    expect(found.model).toMatchObject({
      status: 'READY',
      access: 'GRADIENT',
      format: 'ONNX',
      gradientsHealthy: true,
      fittedTo: { id: datasetId },
      classifier: { kind: 'svm', parameters: { c: 2, kernel: 'RBF' }, offset: 200, sampleCount: 300, seed: 0 },
    });
    expect(found.model.forwardDifference).toBeLessThan(1e-4);
    const { clean, adversarial } = await evaluated(model.id, { fgsm: { epsilon: 0.3 } });
    expect(clean.top1.value).toBeGreaterThan(0.6);
    expect(adversarial.top1.value).toBeLessThan(clean.top1.value - 0.3);
  });

  it('without gradients is attacked as a black box', async () => {
    const { model, job } = await train('forest', { randomForest: { trees: 10 } });
    expect(await finished(app.graphql, job.id)).toMatchObject({ state: 'SUCCEEDED' });
    expect((await dataOf(app.graphql(MODEL, { id: model.id }))).model).toMatchObject({ status: 'READY', access: 'SCORE' });
    const { clean } = await evaluated(model.id, { uniformNoise: { epsilon: 0.1 } });
    expect(clean.top1.value).toBeGreaterThan(0.5);
  });

  it('is refused where its parameters or examples are none', async () => {
    expect(await train('none', { svm: { c: -1 } })).toMatchObject({ path: ['classifier', 'svm', 'c'] });
    expect(await train('none', { nearestNeighbours: {} }, { sampleCount: 1e6 })).toMatchObject({ path: ['sampleCount'] });
  });

  it('whose examples lack a class fails with the reason', async () => {
    const { job } = await train('few', { linearSvm: {} }, { sampleCount: 3 });
    expect(await finished(app.graphql, job.id)).toMatchObject({ state: 'FAILED', error: expect.stringMatching(/None of the 3 examples/) });
  });
});
