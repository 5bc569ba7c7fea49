/** Networks as Keras 2 and 3 build them and tensorflowjs_converter writes them: scores and slopes are those of TensorFlow. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { compileWithModel } from '../../../src/compute/models/functions.js';
import { loadModel } from '../../../src/compute/models/load.js';
import { everyNth } from '../../sizes.js';
import { testEngine } from '../../test-engine.js';
import { temporaryDirectory } from '../fixtures.js';
import { writeFiles } from '../graph-files.js';

interface Network {
  readonly name: string;
  readonly json: { readonly weightsManifest: readonly { readonly paths: readonly string[] }[]; readonly modelTopology: unknown };
  readonly weights: string;
  /** Of three images. */
  readonly scores: readonly number[];
  /** Of a weighted sum of them, along three directions. */
  readonly slopes: readonly number[];
}

const read = async (file: string) =>
  JSON.parse(gunzipSync(await readFile(join('tests/fixtures/keras', file))).toString()) as readonly Network[];
const networks = await read('networks.json.gz');
const graphs = [...(await read('graphs-with-functions.json.gz')), ...(await read('graphs.json.gz'))];
const root = await temporaryDirectory();
const engine = await testEngine();
let count = 0;

const SHAPE: readonly [number, number, number] = [8, 6, 3];
const COUNT = 3;
const SIZE = COUNT * SHAPE.reduce((a, b) => a * b);
const images = {
  dtype: 'float32',
  shape: [COUNT, ...SHAPE],
  data: Float32Array.from({ length: SIZE }, (_, i) => 0.5 + 0.5 * Math.cos(0.9 * i)),
} as const;

/** Largest difference as a share of the largest value. */
function difference(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  const largest = Math.max(1e-3, ...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(found[i]! - value))) / largest;
}

async function evaluate({ json, weights }: Network) {
  const [path] = json.weightsManifest[0]!.paths;
  const written = { ...json, weightsManifest: [{ ...json.weightsManifest[0], paths: [path] }] };
  const files = { 'model.json': Buffer.from(JSON.stringify(written)), [path!]: Buffer.from(weights, 'base64') };
  const model = await loadModel({ directory: await writeFiles(join(root, String(count++)), files) });
  const inputs = { images: { dtype: 'float32', shape: SHAPE } } as const;
  const compiled = await compileWithModel(engine, model, 'scores and slopes', inputs, (scores, { images: x }) => {
    const output = (z: tf.Tensor4D) => (model.softmaxRemoved ? tf.softmax(scores(z)) : scores(z));
    const factors = tf.tensor1d(Array.from({ length: model.spec.classCount }, (_, i) => Math.cos(1.3 * i + 0.5)));
    const slope = tf.grad((z) => tf.sum(tf.mul(output(z as tf.Tensor4D), factors)))(x!);
    return { scores: output(x as tf.Tensor4D), slope };
  });
  const { scores, slope } = await compiled.run({ images });
  const along = [0, 1, 2].map((k) =>
    Array.from(slope!.data, (value, i) => value * Math.cos((k + 1.3) * i)).reduce((sum, part) => sum + part),
  );
  return { scores: scores!.data, slopes: along };
}

const named = (file: readonly Network[]) => everyNth(4, file).map((network) => [network.name, network] as const);

async function expectAsInTensorFlow(network: Network): Promise<void> {
  const { scores, slopes } = await evaluate(network);
  expect(difference(scores, network.scores)).toBeLessThan(1e-4);
  expect(difference(slopes, network.slopes)).toBeLessThan(1e-3);
}

describe('scores are those of TensorFlow, and so are gradients:', () => {
  it.each(named(networks))('layers of %s', (_, network) => expectAsInTensorFlow(network));

  it.each(named(graphs))('the graph of %s', (_, network) => expectAsInTensorFlow(network));
});
