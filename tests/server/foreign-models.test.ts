/** Models in the files of other tools: recognised when they are submitted, and refused with the lines that export them to ONNX. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished } from './support/operations.js';
import { json, tarOf, upload, zipOf } from './support/upload.js';

const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) { ... on SubmitModelSuccess { job { id } } ... on UserError { message } }
}`;

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const pickle = latin1('\x80\x02}q\x00.');
const hdf5 = latin1('\x89HDF\r\n\x1a\n\x00\x00\x00\x00');

/** Of weights without any tensors. */
function safetensors(): Buffer {
  const header = json({ __metadata__: { format: 'pt' }, weight: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(4)]);
}

/** A Model of specification version 4 with a description that has an input `image`. */
const mlmodel = Buffer.from([0x08, 0x04, 0x12, 0x09, 0x0a, 0x07, 0x0a, 0x05, ...Buffer.from('image'), 0x9a, 0x1f, 0x00]);

/** What it is, the upload, and what its refusal says. */
const FILES: readonly (readonly [string, () => Uint8Array | Promise<Uint8Array>, RegExp])[] = [
  [
    'a checkpoint of torch.save',
    () => zipOf({ 'archive/data.pkl': pickle, 'archive/version': latin1('3\n') }),
    /^This is a checkpoint that torch\.save wrote.*torch\.onnx\.export/,
  ],
  [
    'a checkpoint of torch.save before 1.6',
    () => latin1('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.'),
    /^This is a checkpoint that torch\.save wrote/,
  ],
  ['a .pth in an archive', () => zipOf({ 'weights/best.pth': pickle }), /^This is a checkpoint that torch\.save wrote/],
  [
    'TorchScript',
    () => zipOf({ 'net/data.pkl': pickle, 'net/constants.pkl': pickle, 'net/code/__torch__.py': latin1('') }),
    /^This is a TorchScript archive.*torch\.jit\.load.*torch\.onnx\.export.*dynamic_axes/,
  ],
  [
    'a program of torch.export',
    () => zipOf({ 'net/archive_format': latin1('pt2'), 'net/models/model.json': json({}) }),
    /^This is an exported program of PyTorch.*torch\.export\.load/,
  ],
  ['.h5', () => hdf5, /^This is an HDF5 file.*load_model.*\.export\('model\.onnx', format='onnx'\)/],
  ['.h5 in an archive', async () => tarOf({ 'model.h5': hdf5 }, true), /^This is an HDF5 file/],
  [
    '.keras',
    () => zipOf({ 'config.json': json({}), 'metadata.json': json({}), 'model.weights.h5': hdf5 }),
    /^This is a Keras file \(\.keras\).*format='onnx'/,
  ],
  [
    'SavedModel',
    () => zipOf({ 'net/saved_model.pb': Buffer.from([8, 1]), 'net/variables/variables.index': Buffer.alloc(4) }),
    /^This is a SavedModel.*tf2onnx\.convert --saved-model/,
  ],
  ['.tflite', () => latin1('\x1c\x00\x00\x00TFL3\x14\x00\x20\x00'), /^This is a TensorFlow Lite file.*tf2onnx\.convert --tflite/],
  ['.mlmodel', () => mlmodel, /^This is a Core ML model/],
  [
    '.mlpackage',
    () => zipOf({ 'Net.mlpackage/Manifest.json': json({}), 'Net.mlpackage/Data/com.apple.CoreML/model.mlmodel': mlmodel }),
    /^This is a Core ML model/,
  ],
  ['.safetensors', safetensors, /^This is a safetensors file: weights without a network.*load_state_dict.*torch\.onnx\.export/],
  ['.safetensors under another name in an archive', () => zipOf({ 'net/weights.bin': safetensors() }), /^This is a safetensors file/],
];

let app: TestApplication;
beforeAll(async () => {
  app = await startTestApplication();
});
afterAll(() => app?.close());

it.concurrent.each(FILES)('%s', async (what, bytes, message) => {
  const uploadId = await upload(app, await bytes());
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: `from ${what}`, uploadId } }));
  const job = await finished(app.graphql, submitModel.job.id);
  expect(job).toMatchObject({ state: 'FAILED', errorCode: 'INVALID_MODEL' });
  expect(job.error).toMatch(message);
});

it('an ONNX file is none of them', async () => {
  const uploadId = await upload(app, latin1('\x08\x08\x12\x07pytorch\x1a\x03'));
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: 'broken onnx', uploadId } }));
  const job = await finished(app.graphql, submitModel.job.id);
  expect(job.error).not.toMatch(/This is a/);
});
