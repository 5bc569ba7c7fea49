/** Classifiers of scikit-learn, as skl2onnx writes them. */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { testEngine } from '../test-engine.js';
import { compareWithOnnxruntime } from '../../src/compute/models/black-box/onnxruntime/comparison.js';
import { onnxruntimeModel } from '../../src/compute/models/black-box/onnxruntime/index.js';
import { predict } from '../../src/compute/models/functions.js';
import { loadModel } from '../../src/compute/models/load.js';
import { noiseTrial } from '../../src/compute/models/trial-images.js';
import { DEFAULT_MODEL_LIMITS } from '../../src/compute/models/types.js';
import { randomStream } from '../../src/compute/random.js';
import { argmaxRows } from '../../src/compute/tensors/index.js';
import { failure, temporaryDirectory } from './fixtures.js';

const FOLDER = 'tests/fixtures/sklearn';
const SPEC = { inputShape: [8, 8, 1] as [number, number, number] };

const root = await temporaryDirectory();
const engine = await testEngine();
afterAll(() => engine.dispose());

async function filesOf(name: string) {
  const directory = join(root, name);
  await mkdir(directory, { recursive: true });
  await copyFile(join(FOLDER, `${name}.onnx`), join(directory, 'model.onnx'));
  return { directory, spec: SPEC };
}

/** Multiples of 1/32, among which are the thresholds of trees on pixels that are multiples of 1/16. */
function images(count: number) {
  const stream = randomStream(3, 'images', 0);
  const data = Float32Array.from({ length: 64 * count }, () => stream.integer(33) / 32);
  return { dtype: 'float32' as const, shape: [count, 8, 8, 1], data };
}

const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.onnx')).map((name) => name.slice(0, -5));
/** Refused by the importer, with a reason. */
const REFUSED = ['neighbours', 'svc-scores'];
/** Probabilities that libsvm computes by an iteration which it ends within 0.005 / k. */
const ROUGH = ['svc-probability', 'svc-two-probability'];

describe("classifiers of scikit-learn have onnxruntime's scores", () => {
  it.each(names.filter((name) => !REFUSED.includes(name)))('%s', async (name) => {
    const files = await filesOf(name);
    const model = await loadModel(files);
    const trial = noiseTrial(model.spec.inputShape);
    const scores = await predict(engine, model, trial.images);
    const compared = await compareWithOnnxruntime(files, { ...model, onnx: model.onnx! }, trial, scores, 'cpu', DEFAULT_MODEL_LIMITS);
    expect(compared.warnings).toEqual([]);
    expect(compared.forwardDifference).toBeLessThan(ROUGH.includes(name) ? 0.01 : 1e-5);
  });
});

describe('trees', () => {
  it.each(['tree', 'tree-two', 'forest', 'boosting', 'boosting-two'])(
    '%s: decides as onnxruntime does, on thresholds too, and has no gradient',
    async (name) => {
      const files = await filesOf(name);
      const model = await loadModel(files);
      const reference = await onnxruntimeModel(files, 'SCORE', DEFAULT_MODEL_LIMITS);
      const [ours, theirs] = [await predict(engine, model, images(300)), await reference.predict(images(300))];
      await reference.close();
      expect(argmaxRows(ours)).toEqual(argmaxRows(theirs));
      // Equal to the bit, apart from the last bit of a softmax or a sigmoid.
      const tolerance = name.startsWith('boosting') ? 1e-6 : 0;
      expect(Math.max(...ours.data.map((value, i) => Math.abs(value - theirs.data[i]!)))).toBeLessThanOrEqual(tolerance);
      expect(model.inexact).toEqual([expect.objectContaining({ operator: 'ai.onnx.ml.TreeEnsembleClassifier', gradient: 'NONE' })]);
    },
  );
});

describe('probabilities become logits:', () => {
  it.each(['logistic', 'logistic-two', 'pipeline', 'svc-probability', 'svc-two-probability', 'gaussian-bayes', 'bernoulli-bayes'])(
    '%s',
    async (name) => {
      const model = await loadModel(await filesOf(name));
      expect([model.output, model.softmaxRemoved]).toEqual(['LOGITS', true]);
    },
  );
});

describe('scores of pairs of classes', () => {
  it('are refused, with an advice', async () => {
    const refused = await failure(loadModel(await filesOf('svc-scores')));
    expect(refused).toMatchObject({ code: 'INVALID_MODEL', message: expect.stringMatching(/6 pairs of 4 classes.*probability=True/s) });
  });

  it('of one pair, which libsvm counts the other way round, are pointed out', async () => {
    const warned = async (name: string) =>
      (await loadModel(await filesOf(name))).warnings.filter((warning) => warning.includes('classMap'));
    expect([(await warned('svc-two')).length, (await warned('svc-two-scores')).length]).toEqual([1, 0]);
  });
});
