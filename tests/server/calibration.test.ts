/** Calibration and accuracy by subgroup, of an evaluation on an upload with a column of groups. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/index.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { bytesOf, npy, npyFiles } from './support/dataset-files.js';
import { finished, startEvaluation } from './support/operations.js';
import { readFolder, tarOf, upload, zipOf } from './support/upload.js';

const SUBMIT = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } } }`;
const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
  ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { message } } }`;
const READ = `query ($id: ID!) { dataset(id: $id) { id state error groupNames } }`;
const PHASE = `{ expectedError classwiseError negativeLogLikelihood brierScore bins { count meanConfidence accuracy { value n } } }`;
const RESULT = `query ($id: ID!) { evaluation(id: $id) {
  calibration { clean ${PHASE} adversarial ${PHASE} }
  groupAccuracies { group clean { value n } adversarial { value n } } worstGroup { group adversarial { value } }
  examples(first: 60) { nodes { label clean { label confidence } adversarial { label } } }
} }`;

/** NumPy's str: UTF-32, as wide as the longest. */
function names(values: readonly string[]): Buffer {
  const width = Math.max(...values.map((value) => value.length));
  const points = values.flatMap((value) => Array.from({ length: width }, (_, i) => value.codePointAt(i) ?? 0));
  return npy(`<U${width}`, [values.length], bytesOf(Uint32Array.from(points)));
}

let app: TestApplication;
const GROUPS = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 'ward B' : 'A'));

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '32' });
});
afterAll(() => app?.close());

async function mnist(): Promise<Record<string, Buffer>> {
  const dataset = await openDataset({ format: 'mnist', split: 'test' });
  const { images, labels } = await dataset.read(0, 60);
  await dataset.close();
  return npyFiles({ height: 28, width: 28, channels: 1, pixels: Buffer.from(images as Uint8Array), labels: [...labels] }) as Record<
    string,
    Buffer
  >;
}

async function registered(files: Record<string, Buffer>, name: string) {
  const uploadId = await upload(app, zipOf(files));
  const { registerDataset } = await dataOf(app.graphql(REGISTER, { input: { name, uploadId, split: 'TEST' } }));
  return until(async () => {
    const { dataset } = await dataOf(app.graphql(READ, { id: registerDataset.dataset.id }));
    return dataset.state !== 'PENDING' && dataset;
  }, 'the reading of a data set');
}

it('an evaluation has calibration before and under attack, and accuracy by the groups of its data set', async () => {
  const files = await mnist();
  const dataset = await registered({ ...files, 'group.npy': names(GROUPS) }, 'wards');
  expect(dataset).toMatchObject({ state: 'READY', groupNames: ['A', 'ward B'] });
  const uploadId = await upload(app, await tarOf(await readFolder('assets/models/mnist-baseline'), true));
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: 'baseline', uploadId } }));
  await finished(app.graphql, submitModel.job.id);
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, {
    modelId: submitModel.model.id,
    datasetId: dataset.id,
    attacks: [{ fgsm: { epsilon: 0.15 } }],
    sampleCount: 50,
    offset: 5,
  });
  expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ error: null });
  const { evaluation } = await dataOf(app.graphql(RESULT, { id: evaluationIds[0] }));
  const examples: { label: number; clean: { label: number; confidence: number }; adversarial: { label: number } }[] =
    evaluation.examples.nodes;

  // The expected error by definition, from the examples.
  const bins = Array.from({ length: 15 }, () => ({ gap: 0 }));
  for (const { label, clean } of examples)
    bins[Math.ceil(clean.confidence * 15) - 1]!.gap += Number(label === clean.label) - clean.confidence;
  const { clean, adversarial } = evaluation.calibration;
  expect(clean.expectedError).toBeCloseTo(bins.reduce((sum, { gap }) => sum + Math.abs(gap), 0) / 50, 6);
  for (const phase of [clean, adversarial]) {
    expect(phase.bins.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(50);
    expect(phase.classwiseError).toBeGreaterThan(0);
    expect(phase.brierScore).toBeLessThan(2);
  }
  // The attack makes errors of confident predictions.
  for (const measure of ['expectedError', 'classwiseError', 'negativeLogLikelihood', 'brierScore'])
    expect(adversarial[measure]).toBeGreaterThan(clean[measure]);

  const accuracyOf = (group: string) => {
    const members = examples.filter((_, i) => GROUPS[5 + i] === group);
    return {
      value: members.filter(({ label, adversarial: { label: under } }) => label === under).length / members.length,
      n: members.length,
    };
  };
  expect(evaluation.groupAccuracies).toMatchObject(['A', 'ward B'].map((group) => ({ group, adversarial: accuracyOf(group) })));
  const worst = Math.min(...['A', 'ward B'].map((group) => accuracyOf(group).value));
  expect(evaluation.worstGroup.adversarial.value).toBe(worst);

  const response = await fetch(`${app.url}/evaluations.json`, { headers: { authorization: app.authorization } });
  const [row] = (await response.json()) as Record<string, unknown>[];
  expect(row).toMatchObject({ cleanExpectedError: clean.expectedError, adversarialBrier: adversarial.brierScore });
});

it('groups that some examples lack, or of another number, are refused with the file', async () => {
  const files = await mnist();
  const short = await registered({ ...files, 'group.npy': names(GROUPS.slice(0, 59)) }, 'short');
  expect(short).toMatchObject({
    state: 'REJECTED',
    error: expect.stringMatching(/group\.npy: the array of groups has shape \(59\) for 60 images/),
  });
  const plain = await registered(files, 'plain');
  expect(plain).toMatchObject({ state: 'READY', groupNames: [] });
});
