import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bootstrap } from '../../src/services/bootstrap.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, startEvaluation } from './support/operations.js';

let app: TestApplication;
let modelId: string;
let datasetId: string;
/** The demonstration: FGSM at ε = 0.3 on 1000 images. */
let demonstrationId: string;

beforeAll(async () => {
  app = await startTestApplication();
  await bootstrap({ services: app.services, assetsDirectory: 'assets', datasetDirectories: {}, log: pino({ level: 'silent' }) });
  const read = '{ model(name: "mnist-baseline") { id } evaluations { nodes { id model { id } dataset { id } job { id } } } }';
  const { model, evaluations } = await dataOf(app.graphql(read));
  for (const { job } of evaluations.nodes) await finished(app.graphql, job.id);
  const demonstration = evaluations.nodes.find((evaluation: { model: { id: string } }) => evaluation.model.id === model.id);
  [modelId, datasetId, demonstrationId] = [model.id, demonstration.dataset.id, demonstration.id];
});
afterAll(() => app?.close());

async function evaluated(attack: object): Promise<string> {
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [attack], sampleCount: 1000 });
  expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
  return evaluationIds[0]!;
}

interface Found {
  code: string;
  severity: string;
  evidence: object;
  comparedWith: { id: string } | null;
}

async function found(id: string): Promise<Found[]> {
  const query = 'query ($id: ID!) { evaluation(id: $id) { findings { code severity message evidence comparedWith { id } } } }';
  return (await dataOf(app.graphql(query, { id }))).evaluation.findings;
}

const compared = (list: readonly Found[]) => list.flatMap(({ code, comparedWith }) => (comparedWith ? [[code, comparedWith.id]] : []));

it('finds out by later evaluations what is wrong with an earlier one, and keeps it there', async () => {
  const iterations = (steps: number) => ({ iterBasic: { epsilon: 0.3, alpha: 0.05, steps } });
  const short = await evaluated(iterations(2));
  expect(compared(await found(short))).toEqual([['SINGLE_STEP_BEATS_ITERATIVE', demonstrationId]]);
  expect((await found(short)).map(({ code }) => code)).toContain('BELOW_BUDGET');
  expect(await found(demonstrationId)).toEqual([]);

  const long = await evaluated(iterations(8));
  expect(compared(await found(short))).toEqual([
    ['SINGLE_STEP_BEATS_ITERATIVE', demonstrationId],
    ['NOT_CONVERGED', long],
  ]);
  expect((await found(short)).find(({ code }) => code === 'NOT_CONVERGED')).toMatchObject({
    severity: 'WARNING',
    evidence: { attack: 'ITER_BASIC', onlySubject: 0, n: 1000 },
  });
  expect(await found(long)).toEqual([]);
});

it('shows what the findings about gradients rest on', async () => {
  const { evaluation } = await dataOf(
    app.graphql(
      'query ($id: ID!) { evaluation(id: $id) { diagnostics { saturated { value n } zeroGradients { value n } changed { n } } } }',
      {
        id: demonstrationId,
      },
    ),
  );
  expect(evaluation.diagnostics).toMatchObject({ saturated: { n: 1000 }, zeroGradients: { value: 0, n: 125 }, changed: { n: 125 } });
  expect(evaluation.diagnostics.saturated.value).toBeGreaterThan(0.1);
});
