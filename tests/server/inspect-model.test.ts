/** An upload is looked at before it is submitted: what it asks for, and what it would be accepted as. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encode, floats, type GraphSpec } from '../compute/onnx-files.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { registerMnist } from './support/operations.js';
import { readFolder, upload, zipOf } from './support/upload.js';

let app: TestApplication;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication();
  datasetId = await registerMnist(app.graphql);
});
afterAll(() => app?.close());

const INSPECT = `query ($input: InspectModelInput!) { inspectModel(input: $input) { access output parameterCount operations warnings
  file { format bytes producer opsets operators inputs { name shape type } outputs { name shape type } }
  refusal { code message } spec { inputShape classCount valueRange } cleanCheck { isPoor accuracy { value n } best { valueRange } } } }`;
const inspect = async (bytes: Uint8Array, more = {}) => {
  const uploadId = await upload(app, bytes);
  return { uploadId, ...(await dataOf(app.graphql(INSPECT, { input: { uploadId, ...more } }))).inspectModel };
};
const models = async () => (await dataOf(app.graphql('{ models { totalCount } }'))).models.totalCount as number;

const onnx = (nodes: GraphSpec['nodes'], weights: GraphSpec['weights'] = {}) => encode({ input: ['n', 1, 28, 28], nodes, weights });
const WEIGHTS = floats(
  [784, 10],
  Array.from({ length: 7840 }, (_, i) => Math.sin(i) / 28),
);

it('a model of TensorFlow.js has its spec, its size and its accuracy, and nothing is kept but the upload', async () => {
  const before = await models();
  const files = zipOf(await readFolder('assets/models/mnist-baseline'));
  const found = await inspect(files, { checkDatasetId: datasetId });
  expect(found).toMatchObject({ access: 'GRADIENT', output: 'LOGITS', refusal: null, file: { format: 'LAYERS_MODEL', inputs: [] } });
  expect(found.spec).toEqual({ inputShape: [28, 28, 1], classCount: 10, valueRange: [0, 1] });
  expect(found.parameterCount).toBeGreaterThan(1000);
  expect(found.cleanCheck).toMatchObject({ isPoor: false, accuracy: { n: 300 } });
  expect(await models()).toBe(before);
  const again = await dataOf(app.graphql(INSPECT, { input: { uploadId: found.uploadId, spec: { mean: [4], std: [0.02] } } }));
  expect(again.inspectModel.cleanCheck).toMatchObject({ isPoor: true, accuracy: { n: 64 } });
});

it('an ONNX file has its inputs, outputs, operators and their versions', async () => {
  const nodes = [
    { op: 'Flatten', inputs: ['image'], outputs: ['flat'] },
    { op: 'Gemm', inputs: ['flat', 'w'], outputs: ['scores'] },
  ];
  const found = await inspect(onnx(nodes, { w: WEIGHTS }));
  expect(found).toMatchObject({ access: 'GRADIENT', refusal: null, parameterCount: 7840 });
  expect(found.file).toMatchObject({ format: 'ONNX', operators: { Flatten: 1, Gemm: 1 } });
  expect(found.file.inputs).toEqual([{ name: 'image', shape: [null, 1, 28, 28], type: 'FLOAT' }]);
  expect(found.file.outputs).toHaveLength(1);
  expect(found.file.opsets['ai.onnx']).toBeGreaterThan(6);
  expect(found.file.bytes).toBeGreaterThan(4 * 7840);
});

it('one that cannot be differentiated would be accepted as a black box, and says why', async () => {
  const nodes = [
    { op: 'Flatten', inputs: ['image'], outputs: ['flat'] },
    { op: 'Gemm', inputs: ['flat', 'w'], outputs: ['raw'] },
    { op: 'Det', inputs: ['square'], outputs: ['none'] },
    { op: 'Add', inputs: ['raw', 'none'], outputs: ['scores'] },
  ];
  const found = await inspect(onnx(nodes, { w: WEIGHTS, square: floats([2, 2], [1, 0, 0, 1]) }));
  expect(found.refusal).toMatchObject({ code: 'UNSUPPORTED_OPERATION', message: expect.stringMatching(/Det/) as unknown });
  expect(found).toMatchObject({ access: 'SCORE', file: { operators: { Det: 1 } } });
});

it('what is no model is refused with what to do, and unfinished or unknown uploads too', async () => {
  const found = await inspect(zipOf({ 'readme.txt': Buffer.from('hello') }));
  expect(found).toMatchObject({ access: null, spec: null, file: null, refusal: { code: 'INVALID_MODEL' } });
  const { errors } = await app.graphql(INSPECT, { input: { uploadId: 'nothing' } });
  expect(errors?.[0]?.message).toMatch(/There is no upload with this id/);
});
