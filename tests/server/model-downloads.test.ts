/** Models as files for other tools: the graph that was submitted, weights under its names, names and types of downloads. */
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBatch } from '../../src/compute/models/index.js';
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { DataType, encode, floats, ints, type NodeSpec } from '../compute/onnx-files.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist } from './support/operations.js';
import { input as training, start } from './support/training.js';
import { readFolder, upload, zipOf } from './support/upload.js';

const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message } }
}`;
const MODEL = 'query ($id: ID!) { model(id: $id) { name downloadUrl onnxUrl submittedOnnxUrl safetensorsUrl } }';

let app: TestApplication;
let datasetId: string;
beforeAll(async () => {
  app = await startTestApplication();
  datasetId = await registerMnist(app.graphql);
});
afterAll(() => app?.close());

async function submit(name: string, bytes: Uint8Array): Promise<string> {
  const uploadId = await upload(app, bytes);
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name, uploadId } }));
  expect(await finished(app.graphql, submitModel.job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
  return submitModel.model.id as string;
}

const urlsOf = async (id: string) => (await dataOf(app.graphql(MODEL, { id }))).model;

async function download(path: string) {
  const { status, headers, ...response } = await fetch(app.url + path, { headers: { authorization: app.authorization } }).then(
    async (answer) => ({
      status: answer.status,
      headers: answer.headers,
      bytes: new Uint8Array(await answer.arrayBuffer()),
    }),
  );
  expect(status, path).toBe(200);
  return { ...response, batch: headers.get('gauntlet-batch'), name: headers.get('content-disposition'), type: headers.get('content-type') };
}

/** Exported for one image, as `torch.onnx.export` does without `dynamic_axes`. */
function exported(): Uint8Array {
  const weights = Array.from({ length: 7840 }, (_, i) => Math.sin(1.7 * i) / 30);
  const nodes: NodeSpec[] = [
    { op: 'Reshape', inputs: ['image', 'shape'], outputs: ['x'] },
    { op: 'Gemm', inputs: ['x', 'fc.weight', 'fc.bias'], outputs: ['scores'], attributes: { transB: 1 } },
  ];
  const bias = floats(
    [10],
    Array.from({ length: 10 }, (_, i) => i / 10),
  );
  return encode({
    input: [1, 1, 28, 28],
    nodes,
    weights: { shape: ints([1, 784]), 'fc.weight': floats([10, 784], weights), 'fc.bias': bias },
  });
}

async function scoresOf(file: Uint8Array, count: number): Promise<readonly number[]> {
  const session = await InferenceSession.create(file);
  const images = Float32Array.from({ length: count * 784 }, (_, i) => ((i * 31) % 97) / 97);
  const scores = (await session.run({ image: new Tensor('float32', images, [count, 1, 28, 28]) }))['scores']!;
  expect(scores.dims).toEqual([count, 10]);
  return Array.from(scores.data as Float32Array);
}

/** By the format's definition. */
function readSafetensors(bytes: Uint8Array): Record<string, { shape: number[]; values: Float32Array }> {
  const length = Number(Buffer.from(bytes).readBigUInt64LE(0));
  const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const { __metadata__: _, ...tensors } = header;
  return Object.fromEntries(
    Object.entries(tensors).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        expect(dtype).toBe('F32');
        return [name, { shape, values: new Float32Array(Uint8Array.from(bytes.subarray(8 + length + from, 8 + length + to)).buffer) }];
      },
    ),
  );
}

const initializersOf = (file: Uint8Array) =>
  Object.fromEntries(
    fromBinary(ModelProtoSchema, file)
      .graph!.initializer.filter(({ dataType }) => dataType === (DataType.FLOAT as number))
      .map(({ name, rawData, floatData }) => [
        name,
        rawData.length > 0 ? new Float32Array(Uint8Array.from(rawData).buffer) : Float32Array.from(floatData),
      ]),
  );

describe('a submitted ONNX file', () => {
  it('comes back as its author wrote it, with an open batch axis', async () => {
    const modelId = await submit('fixed batch', exported());
    const { submittedOnnxUrl } = await urlsOf(modelId);
    const { bytes, batch, name } = await download(submittedOnnxUrl as string);
    expect([batch, name]).toEqual(['any', 'attachment; filename="fixed batch.onnx"']);
    expect(fromBinary(ModelProtoSchema, bytes).graph!.node.map(({ opType, output }) => [opType, ...output])).toEqual([
      ['Reshape', 'x'],
      ['Gemm', 'scores'],
    ]);
    const [one, five] = [await scoresOf(exported(), 1), await scoresOf(bytes, 5)];
    for (const [i, score] of one.entries()) expect(five[i]).toBeCloseTo(score, 4);
  });

  it('keeps its batch where the axis cannot be opened, and the header says so', async () => {
    // The mean over all images, which is that of the one image.
    const nodes: NodeSpec[] = [
      { op: 'ReduceMean', inputs: ['image'], outputs: ['mean'], attributes: { axes: [0], keepdims: 1 } },
      { op: 'Flatten', inputs: ['mean'], outputs: ['x'] },
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['scores'] },
    ];
    const w = floats(
      [784, 10],
      Array.from({ length: 7840 }, (_, i) => Math.sin(i)),
    );
    const session = await openBatch(encode({ input: [1, 1, 28, 28], nodes, weights: { w } }), { name: 'image' });
    expect(session.batch).toBe(1);
  });

  it('that was trained has its own names: in the graph, and in the safetensors of its weights', async () => {
    const baseId = await submit('to be trained', exported());
    const asked = training(datasetId, { modelId: baseId, architecture: undefined, scheme: { standard: true }, steps: 4, interval: 4 });
    const { jobId, modelId } = await start(app.graphql, asked);
    expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const { submittedOnnxUrl, safetensorsUrl } = await urlsOf(modelId);
    const { bytes, batch } = await download(submittedOnnxUrl as string);
    expect(batch).toBe('any');
    await scoresOf(bytes, 3);
    const weights = readSafetensors((await download(safetensorsUrl as string)).bytes);
    const [trained, before] = [initializersOf(bytes), initializersOf(exported())];
    expect(Object.keys(weights).sort()).toEqual(['fc.bias', 'fc.weight']);
    expect(weights['fc.weight']!.shape).toEqual([10, 784]);
    for (const [name, { values }] of Object.entries(weights)) {
      expect(values).toEqual(trained[name]);
      expect(values).not.toEqual(before[name]);
    }
  });
});

describe('downloads', () => {
  it('have the name of the model and the type of the file', async () => {
    const modelId = await submit('base/line', zipOf(await readFolder('assets/models/mnist-baseline')));
    const { downloadUrl, onnxUrl, submittedOnnxUrl, safetensorsUrl } = await urlsOf(modelId);
    expect(submittedOnnxUrl).toBeNull();
    expect(await download(downloadUrl as string)).toMatchObject({ name: 'attachment; filename=base-line.zip', type: 'application/zip' });
    expect((await download(onnxUrl as string)).name).toBe('attachment; filename=base-line.onnx');
    const { bytes, name } = await download(safetensorsUrl as string);
    expect(name).toBe('attachment; filename=base-line.safetensors');
    expect(Object.values(readSafetensors(bytes)).reduce((sum, { values }) => sum + values.length, 0)).toBeGreaterThan(100_000);
    const refused = await fetch(`${app.url}${(onnxUrl as string).replace(/onnx$/, 'submitted.onnx')}`, {
      headers: { authorization: app.authorization },
    });
    expect(refused.status).toBe(422);
  });
});
