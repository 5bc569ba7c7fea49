/** Certificates by bounds of the network, by other noise, and without radii; and the floor and the ceiling of the leaderboard. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLASSIFIER, COUNT, images, SIDE } from '../compute/defences.js';
import { encode } from '../compute/onnx-files.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { npyFiles } from './support/dataset-files.js';
import { finished, startEvaluation } from './support/operations.js';
import { upload, zipOf } from './support/upload.js';

const SUBMIT = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } } }`;
const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
  ... on RegisterDatasetSuccess { dataset { id } job { id } } } }`;
const START = `mutation ($input: StartCertificationInput!) { startCertification(input: $input) {
  ... on StartCertificationSuccess { certification { id } job { id } } ... on UserError { message path } } }`;
const READ = `query ($id: ID!, $radii: [Float!]) { certification(id: $id) {
  method norm sigma stopRadii certifiedAccuracy(radii: $radii) { radius accuracy { value n } }
  examples(first: 100) { nodes { label prediction radius samples } }
} }`;
const LEADERBOARD = `query ($input: LeaderboardInput!) { leaderboard(input: $input) { entries { nodes { robust { value n } verified { value n } } } } }`;

let app: TestApplication;
let datasetId: string;
let modelId: string;

beforeAll(async () => {
  app = await startTestApplication();
  const { images: pixels, labels } = await images().read(0, COUNT);
  const files = npyFiles({ height: SIDE, width: SIDE, channels: 1, pixels: Buffer.from(pixels as Uint8Array), labels: [...labels] });
  const { registerDataset } = await dataOf(app.graphql(REGISTER, { input: { name: 'signs', uploadId: await upload(app, zipOf(files)) } }));
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: 'linear', uploadId: await upload(app, encode(CLASSIFIER)) } }));
  for (const { job } of [registerDataset, submitModel]) expect(await finished(app.graphql, job.id)).toMatchObject({ error: null });
  [datasetId, modelId] = [registerDataset.dataset.id, submitModel.model.id];
});
afterAll(() => app?.close());

async function certified(input: object, radii: readonly number[]) {
  const { startCertification } = await dataOf(app.graphql(START, { input: { modelId, datasetId, sampleCount: COUNT, ...input } }));
  if (!startCertification.job) throw new Error(startCertification.message);
  expect(await finished(app.graphql, startCertification.job.id)).toMatchObject({ error: null });
  return (await dataOf(app.graphql(READ, { id: startCertification.certification.id, radii }))).certification;
}

it('verified accuracy is a floor, accuracy under attack a ceiling, and the leaderboard has both', async () => {
  const epsilon = 5 / 255;
  const { jobIds } = await startEvaluation(app.graphql, {
    modelId,
    datasetId,
    attacks: [{ pgd: { epsilon, steps: 20 } }],
    sampleCount: COUNT,
  });
  await finished(app.graphql, jobIds[0]!);
  const input = { datasetId, norm: 'LINF', epsilon };
  const before = await dataOf(app.graphql(LEADERBOARD, { input }));
  expect(before.leaderboard.entries.nodes).toMatchObject([{ verified: null }]);
  const crown = await certified({ method: 'CROWN' }, [epsilon]);
  expect(crown).toMatchObject({ method: 'CROWN', norm: 'LINF', sigma: 0, stopRadii: [] });
  const { leaderboard } = await dataOf(app.graphql(LEADERBOARD, { input }));
  const [{ robust, verified }] = leaderboard.entries.nodes;
  expect(verified).toEqual(crown.certifiedAccuracy[0].accuracy);
  expect(verified.n).toBe(robust.n);
  expect(verified.value).toBeGreaterThan(0.1);
  expect(verified.value).toBeLessThan(1);
  expect(verified.value).toBeLessThanOrEqual(robust.value);
  // Of a linear network the bounds are exact, and PGD finds the worst image: floor and ceiling meet, but for the halving of radii.
  expect(robust.value - verified.value).toBeLessThan(0.05);
});

it('uniform noise certifies in L1, early ends are kept, and PREDICT has no radii', async () => {
  const { startCertification } = await dataOf(app.graphql(START, { input: { modelId, datasetId, method: 'SMOOTHING_L1' } }));
  expect(startCertification).toMatchObject({ path: ['sigma'], message: expect.stringMatching(/give its standard deviation/) });
  const noise = { sigma: 0.1, selectionSamples: 20, sampleCount: 8 };
  const l1 = await certified({ method: 'SMOOTHING_L1', ...noise, estimationSamples: 4000, stopRadii: [0.05] }, [0, 0.05]);
  expect(l1).toMatchObject({ method: 'SMOOTHING_L1', norm: 'L1', stopRadii: [0.05] });
  expect(l1.examples.nodes.some(({ samples }: { samples: number }) => samples === 1000)).toBe(true);
  expect(l1.certifiedAccuracy[1].accuracy.value).toBeLessThanOrEqual(l1.certifiedAccuracy[0].accuracy.value);
  const predicted = await certified({ method: 'PREDICT', ...noise, estimationSamples: 200 }, [0, 0.1]);
  expect(predicted.certifiedAccuracy[0].accuracy.value).toBeGreaterThan(0.5);
  expect(predicted.certifiedAccuracy[1].accuracy.value).toBe(0);
});

it('what contradicts the method is refused with the field', async () => {
  const refused = async (input: object) =>
    (await dataOf(app.graphql(START, { input: { modelId, datasetId, ...input } }))).startCertification;
  expect(await refused({ method: 'IBP', sigma: 0.1 })).toMatchObject({ path: ['sigma'], message: 'IBP adds no noise: leave `sigma` out.' });
  expect(await refused({ method: 'CROWN', stopRadii: [0.1] })).toMatchObject({ path: ['stopRadii'] });
  expect(await refused({ sigma: 0.1, stopRadii: [-1] })).toMatchObject({ path: ['stopRadii'] });
});
