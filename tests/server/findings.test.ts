import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation } from './support/operations.js';
import { json, readFolder, tarOf, upload } from './support/upload.js';
import { quantisedOnnx } from '../../scripts/quantised-onnx.js';
import { withNoise } from '../compute/onnx-files.js';

let app: TestApplication;
let modelId: string;
let datasetId: string;
/** FGSM at ε = 0.3. */
let stepId: string;

beforeAll(async () => {
  app = await startTestApplication();
  datasetId = await registerMnist(app.graphql);
  const uploadId = await upload(app, await tarOf(await readFolder('assets/models/mnist-baseline'), true));
  modelId = await submitted({ name: 'baseline', uploadId });
  stepId = await evaluated({ fgsm: { epsilon: 0.3 } });
});
afterAll(() => app?.close());

async function submitted(input: object): Promise<string> {
  const submit = `mutation ($input: SubmitModelInput!) {
    submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } } }`;
  const { submitModel } = await dataOf(app.graphql(submit, { input }));
  expect(await finished(app.graphql, submitModel.job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
  return submitModel.model.id;
}

async function evaluated(attack: object, given: object = {}): Promise<string> {
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, {
    modelId,
    datasetId,
    attacks: [attack],
    sampleCount: 200,
    ...given,
  });
  expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
  return evaluationIds[0]!;
}

interface Finding {
  code: string;
  severity: string;
  evidence: object;
  comparedWith: { id: string } | null;
}

async function found(id: string): Promise<Finding[]> {
  const query = 'query ($id: ID!) { evaluation(id: $id) { findings { code severity message evidence comparedWith { id } } } }';
  return (await dataOf(app.graphql(query, { id }))).evaluation.findings;
}

const compared = (list: readonly Finding[]) => list.flatMap(({ code, comparedWith }) => (comparedWith ? [[code, comparedWith.id]] : []));

it('a later evaluation adds findings to an earlier one, which keeps them', async () => {
  const iterations = (steps: number) => ({ iterBasic: { epsilon: 0.3, alpha: 0.05, steps } });
  const short = await evaluated(iterations(2));
  expect(compared(await found(short))).toEqual([['SINGLE_STEP_BEATS_ITERATIVE', stepId]]);
  expect((await found(short)).map(({ code }) => code)).toContain('BELOW_BUDGET');
  expect((await found(stepId)).map(({ code }) => code)).not.toContain('SINGLE_STEP_BEATS_ITERATIVE');

  const long = await evaluated(iterations(8));
  expect(compared(await found(short))).toEqual([
    ['SINGLE_STEP_BEATS_ITERATIVE', stepId],
    ['NOT_CONVERGED', long],
  ]);
  expect((await found(short)).find(({ code }) => code === 'NOT_CONVERGED')).toMatchObject({
    severity: 'WARNING',
    evidence: { attack: 'ITER_BASIC', onlySubject: 0, n: 200 },
  });
  expect(compared(await found(long))).toEqual([]);
});

it('a decision attack that finds nothing to start from says of how many examples', async () => {
  // One image of noise is asked about, which the model takes for some digit: that is no wrong class for the examples of this digit.
  const id = await evaluated({ boundary: { queries: 1, startTries: 1 } });
  const finding = (await found(id)).find(({ code }) => code === 'NO_START');
  expect(finding).toMatchObject({ severity: 'WARNING', evidence: { n: 200 } });
  const { withoutStart } = finding!.evidence as { withoutStart: number };
  expect(withoutStart).toBeGreaterThan(0);
  expect(withoutStart).toBeLessThan(100);
  expect((await found(await evaluated({ boundary: { queries: 30 } }))).map(({ code }) => code)).not.toContain('NO_START');
});

it('findings about gradients show their evidence', async () => {
  const { evaluation } = await dataOf(
    app.graphql(
      'query ($id: ID!) { evaluation(id: $id) { diagnostics { saturated { value n } zeroGradients { value n } changed { n } } } }',
      {
        id: stepId,
      },
    ),
  );
  expect(evaluation.diagnostics).toMatchObject({ saturated: { n: 200 }, zeroGradients: { value: 0, n: 25 }, changed: { n: 25 } });
  expect(evaluation.diagnostics.saturated.value).toBeGreaterThan(0.1);
});

it('a random layer in front of a network is found, and a network without one has no such finding', async () => {
  const response = await fetch(`${app.url}/models/${modelId}/onnx`, { headers: { authorization: app.authorization } });
  const network = new Uint8Array(await response.arrayBuffer());
  const spec = { inputShape: [28, 28, 1], classCount: 10 };
  const codes = async (name: string, file: Uint8Array, access = 'SCORE') => {
    const modelId = await submitted({ name, uploadId: await upload(app, file), spec, access });
    const attack = access === 'SCORE' ? { squareLinf: { epsilon: 0.1, queries: 5 } } : { fgsm: { epsilon: 0.1 } };
    const id = await evaluated(attack, { modelId, sampleCount: 64 });
    return (await found(id)).map(({ code, severity, evidence }) => ({ code, severity, evidence }));
  };
  const isRandom = { code: 'RANDOM_OUTPUT', severity: 'WARNING', evidence: { changed: 8, n: 8, predictions: 1 } };
  expect(await codes('black box behind noise', withNoise(network, 0.2))).toContainEqual(isRandom);
  const random = await codes('behind noise', withNoise(network, 0.2), 'GRADIENT');
  expect(random).toContainEqual(isRandom);
  // Answers that are others each time cannot be compared with those of the file.
  expect(random.map(({ code }) => code)).toContain('FORWARD_NOT_COMPARED');
  expect((await codes('as it is', network)).map(({ code }) => code)).not.toContain('RANDOM_OUTPUT');
});

it('a random network is judged by the majority of several predictions, which one lucky prediction does not outweigh', async () => {
  const response = await fetch(`${app.url}/models/${modelId}/onnx`, { headers: { authorization: app.authorization } });
  const noisy = withNoise(new Uint8Array(await response.arrayBuffer()), 0.5);
  const random = await submitted({ name: 'noisy', uploadId: await upload(app, noisy), spec: { inputShape: [28, 28, 1], classCount: 10 } });
  const judgedBy = async (predictions?: number) => {
    const id = await evaluated({ pgd: { epsilon: 0.1, steps: 4, restarts: 2 } }, { modelId: random, predictions, sampleCount: 120 });
    const query = `query ($id: ID!) { evaluation(id: $id) {
      predictions clean { top1 { value } } adversarial { top1 { value } } meanAccuracy { clean adversarial }
      findings { code severity message } } }`;
    return { id, ...(await dataOf(app.graphql(query, { id }))).evaluation };
  };
  const worst = async () => {
    const query = 'query ($input: WorstCaseInput!) { worstCase(input: $input) { contributions { evaluation { id } } } }';
    const { worstCase } = await dataOf(app.graphql(query, { input: { modelId: random, datasetId } }));
    return worstCase.contributions.map(({ evaluation }: { evaluation: { id: string } }) => evaluation.id);
  };
  const once = await judgedBy();
  expect(once.predictions).toBe(1);
  expect(once.meanAccuracy.clean).toBeCloseTo(once.clean.top1.value, 5);
  expect(once.meanAccuracy.adversarial).toBeCloseTo(once.adversarial.top1.value, 5);
  expect(await worst()).toEqual([once.id]);

  const often = await judgedBy(15);
  expect(often.id).not.toBe(once.id);
  expect(often.predictions).toBe(15);
  // The majority smooths what single predictions get wrong by chance.
  expect(often.clean.top1.value).toBeGreaterThan(often.meanAccuracy.clean + 0.02);
  // PGD stops at the first image that one prediction gets wrong, of as many as it has steps and restarts to try.
  expect(often.adversarial.top1.value).toBeGreaterThan(once.adversarial.top1.value);
  const finding = (code: string, { findings }: typeof once) => findings.find((one: Finding) => one.code === code);
  expect(finding('RANDOM_OUTPUT', once)).toMatchObject({ severity: 'WARNING', message: expect.stringContaining('predictions: 20') });
  expect(finding('RANDOM_OUTPUT', often)).toMatchObject({ severity: 'INFO', message: expect.stringContaining('15 predictions') });
  // Judged again by more, the same attack counts once.
  expect(await worst()).toEqual([often.id]);
  // The two see other draws, which rounding has no part in.
  for (const one of [once, often]) expect(finding('UNDONE_BY_ROUNDING', one)).toBeUndefined();
});

it('more predictions of a network that is not random hide neither a result nor a finding', async () => {
  const uploadId = await upload(app, await tarOf(await readFolder('assets/models/mnist-adversarial'), true));
  const sound = await submitted({ name: 'sound', uploadId });
  const step = await evaluated({ fgsm: { epsilon: 0.4 } }, { modelId: sound });
  const weak = { pgd: { epsilon: 0.4, steps: 2, alpha: 0.02 } };
  const once = await evaluated(weak, { modelId: sound });
  const twice = await evaluated(weak, { modelId: sound, predictions: 2 });
  for (const id of [once, twice]) expect(compared(await found(id))).toContainEqual(['SINGLE_STEP_BEATS_ITERATIVE', step]);
  const query = 'query ($input: WorstCaseInput!) { worstCase(input: $input) { contributions { evaluation { id } } } }';
  const { worstCase } = await dataOf(app.graphql(query, { input: { modelId: sound, datasetId } }));
  const counted = worstCase.contributions.map(({ evaluation }: { evaluation: { id: string } }) => evaluation.id);
  expect(counted.sort()).toEqual([step, once, twice].sort());
});

it('predictions that are no number of them are refused', async () => {
  for (const predictions of [0, -1, 1001]) {
    const start = 'mutation ($input: StartEvaluationInput!) { startEvaluation(input: $input) { __typename ... on UserError { message } } }';
    const input = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], predictions };
    const { startEvaluation } = await dataOf(app.graphql(start, { input }));
    expect(startEvaluation).toMatchObject({ message: expect.stringContaining('1 to 1000') });
  }
});

it('a wrong value range is found by the clean accuracy, and a softmax is found to be removed', async () => {
  const files = await readFolder('assets/models/mnist-baseline');
  // Pixels that are divided by 255 twice.
  const spec = { valueRange: [0, 1 / 255] };
  const wrong = await submitted({
    name: 'range',
    uploadId: await upload(app, await tarOf(files, true)),
    spec,
    expectedCleanAccuracy: 0.98,
  });
  const codes = async (id: string) => (await found(await evaluated({ fgsm: { epsilon: 0.1 } }, { modelId: id }))).map(({ code }) => code);
  expect(await codes(wrong)).toEqual(expect.arrayContaining(['CLEAN_ACCURACY_NEAR_CHANCE', 'CLEAN_ACCURACY_BELOW_EXPECTED']));
  const topology = JSON.parse(
    Buffer.from(files['model.json']!)
      .toString()
      .replace(/"activation":\s*"linear"(?![^]*"activation":\s*"linear")/, '"activation":"softmax"'),
  ) as object;
  const withSoftmax = await tarOf({ ...files, 'model.json': json(topology) }, true);
  const removed = await codes(await submitted({ name: 'softmax', uploadId: await upload(app, withSoftmax), expectedCleanAccuracy: 0.98 }));
  expect(removed).toContain('SOFTMAX_REMOVED');
  expect(removed).not.toContain('CLEAN_ACCURACY_BELOW_EXPECTED');
});

it('a quantised network, which FGSM hardly fools, is marked on the leaderboard, and ranked behind the network that it hides', async () => {
  const response = await fetch(`${app.url}/models/${modelId}/onnx`, { headers: { authorization: app.authorization } });
  const file = quantisedOnnx(new Uint8Array(await response.arrayBuffer()), 8);
  const spec = { inputShape: [28, 28, 1], classCount: 10 };
  const quantised = await submitted({ name: 'quantised', uploadId: await upload(app, file), spec });
  await evaluated({ fgsm: { epsilon: 0.3 } }, { modelId: quantised });
  const fields = 'entries { nodes { rank model { id } maskedGradients findings { code } evaluations { model { id } } robust { value } } }';
  const query = `query ($input: LeaderboardInput!) { leaderboard(input: $input) { ${fields} } }`;
  const input = { datasetId, norm: 'LINF', epsilon: 0.3, attackKinds: ['FGSM'] };
  const [first, second] = (await dataOf(app.graphql(query, { input }))).leaderboard.entries.nodes;
  expect(first).toMatchObject({ rank: 1, model: { id: modelId }, maskedGradients: false });
  expect(second).toMatchObject({ rank: 2, model: { id: quantised }, maskedGradients: true, evaluations: [{ model: { id: quantised } }] });
  expect(second.findings.map(({ code }: Finding) => code)).toContain('VANISHING_GRADIENTS');
  expect(second.robust.value).toBeGreaterThan(first.robust.value);
  const worst = `query ($input: WorstCaseInput!) { worstCase(input: $input) { maskedGradients findings { code } robust { value } } }`;
  const { worstCase } = await dataOf(app.graphql(worst, { input: { modelId: quantised, datasetId } }));
  expect(worstCase).toEqual({ maskedGradients: true, findings: second.findings, robust: second.robust });
});
