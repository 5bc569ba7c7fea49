/** Every bad file, validated as the validation process does, but in this process: one for each would take minutes. */
import { readdir } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../compute/fixtures.js';
import { zipOf } from '../server/support/upload.js';
import { goodTar } from './archives.js';
import { BAD_FILES } from './index.js';
import { ModelValidator } from './model-validator.js';
import { graphFiles, layersModel, onnx } from './valid.js';
import { everyNth } from '../sizes.js';

const root = await temporaryDirectory();
const validator = new ModelValidator(root);
afterAll(() => validator.close());

const TYPED = /^(INVALID_ARCHIVE|INVALID_MODEL|LIMIT_EXCEEDED|UNSUPPORTED_OPERATION)$/;

let tensors = 0;
beforeEach(() => void (tensors = tf.memory().numTensors));
afterEach(async () => {
  expect(await readdir(root)).toEqual([]);
  expect(tf.memory().numTensors).toBe(tensors);
});

it.each([
  ['ONNX', () => onnx()],
  ['LAYERS_MODEL', () => zipOf(layersModel())],
  ['LAYERS_MODEL', goodTar],
  ['TFJS_GRAPH_MODEL', () => zipOf(graphFiles())],
])('the good %s file that bad ones are made of is accepted', async (format, bytes) => {
  expect(await validator.verdictOn(bytes())).toMatchObject({ card: { format, gradientsHealthy: true } });
});

it('there are at least 200 bad files, each with its own name', () => {
  expect(new Set(BAD_FILES.map(({ name }) => name)).size).toBe(BAD_FILES.length);
  expect(BAD_FILES.length).toBeGreaterThanOrEqual(200);
});

it.each(
  everyNth(
    6,
    BAD_FILES.map(({ name, bytes }) => [name, bytes] as const),
  ),
)('%s: it ends in a typed refusal that says what is wrong, and leaves nothing behind', async (_name, bytes) => {
  expect(await validator.verdictOn(bytes())).toEqual({
    refusal: { code: expect.stringMatching(TYPED), message: expect.stringMatching(/\w{3}/) },
  });
});
