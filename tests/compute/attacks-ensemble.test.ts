import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attacks } from '../../src/compute/attacks/registry.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { toTensors } from '../../src/compute/engine/tensorflow.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { BACKEND_UNDER_TEST } from '../test-backend.js';
import { attackBatch, type Batch, storedNoise } from './attack-fixtures.js';

const EPSILON = 0.1;
const FUSIONS = ['LOGITS', 'PROBABILITIES', 'LOSSES'];

let batch: Batch;
let first: DifferentiableModel;
let second: DifferentiableModel;

beforeAll(async () => {
  await tf.setBackend(BACKEND_UNDER_TEST);
  const engine = await createEngine({ engine: 'eager:cpu' });
  const build = (seed: number) => buildArchitecture('mlp', { seed, inputShape: [5, 5, 1], classCount: 4 });
  [first, second] = [await build(4), await build(5)];
  const evaluated = await build(6);
  const images = storedNoise(8, [5, 5, 1]);
  const labels = argmaxRows(await predict(engine, first, images));
  batch = { engine, model: evaluated, images, cleanLogits: await predict(engine, evaluated, images), labels };
});

const onSources = (
  sources: readonly DifferentiableModel[],
  attack: [kind: string, parameters?: ParameterValues],
  given: ParameterValues = {},
) => {
  const [kind, parameters] = attack;
  // A budget in pixels has no ε.
  const known = attacks.find((attack) => attack.kind === kind);
  const budget = known && !('epsilon' in known.parameters) ? {} : { epsilon: EPSILON };
  const list = [{ kind, parameters: { ...budget, ...parameters } }];
  return attackBatch(batch, 'ENSEMBLE', { attacks: list, sourceModelIds: sources.map((_, k) => `model ${k}`), ...given }, { sources });
};

describe('an ensemble of one source model', () => {
  it('equals the attack on that model to the bit, with its counts', async () => {
    const cleanLogits = await predict(batch.engine, first, batch.images);
    for (const [kind, parameters] of [
      ['FGSM', {}],
      ['PGD', { steps: 3, restarts: 2 }],
      ['VMI_FGSM', { steps: 2, neighbours: 2 }],
      ['MI_FGSM', { steps: 2, target: 'LEAST_LIKELY' }],
    ] as [string, ParameterValues][]) {
      const single = await attackBatch({ ...batch, model: first, cleanLogits }, kind, { epsilon: EPSILON, ...parameters });
      for (const fusion of FUSIONS) expect(await onSources([first], [kind, parameters], { fusion }), `${kind} ${fusion}`).toEqual(single);
    }
  });
});

describe('an ensemble of two source models', () => {
  /** What FGSM follows, written out with autodiff. */
  const signs = (lossOf: (logits: tf.Tensor2D[], truth: tf.Tensor) => tf.Tensor) =>
    tf.tidy(() => {
      const truth = tf.oneHot(tf.tensor1d(batch.labels, 'int32'), 4);
      const x = tf.tensor4d(Float32Array.from(batch.images.data), [8, 5, 5, 1]);
      const logits = (at: tf.Tensor4D) => [first, second].map((model) => model.apply(toTensors(model.variables), at));
      return tf.sign(tf.grad((at) => tf.sum(lossOf(logits(at as tf.Tensor4D), truth)))(x)).dataSync();
    });
  const crossEntropy = (logits: tf.Tensor2D, truth: tf.Tensor) => tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), truth), 1));
  const WEIGHTS = [3, 1];

  it.each([
    ['LOGITS', ([a, b]: tf.Tensor2D[], truth: tf.Tensor) => crossEntropy(tf.add(tf.mul(0.75, a!), tf.mul(0.25, b!)), truth)],
    [
      'PROBABILITIES',
      ([a, b]: tf.Tensor2D[], truth: tf.Tensor) =>
        tf.neg(tf.log(tf.sum(tf.mul(tf.add(tf.mul(0.75, tf.softmax(a!)), tf.mul(0.25, tf.softmax(b!))), truth), 1))),
    ],
    [
      'LOSSES',
      ([a, b]: tf.Tensor2D[], truth: tf.Tensor) => tf.add(tf.mul(0.75, crossEntropy(a!, truth)), tf.mul(0.25, crossEntropy(b!, truth))),
    ],
  ] as const)('fused in %s follows the gradient of the weighted mean that the paper defines', async (fusion, lossOf) => {
    const { images } = await onSources([first, second], ['FGSM'], { fusion, weights: WEIGHTS });
    const expected = signs((logits, truth) => lossOf(logits, truth));
    // Inside the pixel range, where clipping hides no sign.
    const inside = [...images.data.keys()].filter((p) => batch.images.data[p]! > EPSILON && batch.images.data[p]! < 1 - EPSILON);
    const wrong = inside.filter((p) => Math.sign(images.data[p]! - batch.images.data[p]!) !== expected[p]);
    expect(wrong.length).toBeLessThanOrEqual(1);
    expect(inside.length).toBeGreaterThan(100);
  });

  it('gives other images by each fusion, and counts the passes of every model', async () => {
    const made = await Promise.all(FUSIONS.map((fusion) => onSources([first, second], ['MI_FGSM', { steps: 5 }], { fusion })));
    const [logits, probabilities, losses] = made.map(({ images }) => images.data);
    expect(logits).not.toEqual(probabilities);
    expect(probabilities).not.toEqual(losses);
    expect(losses).not.toEqual(logits);
    for (const { gradients } of made) expect([...gradients]).toEqual(Array<number>(8).fill(10));
  });

  it('runs several attacks on what the ensemble still gets right', async () => {
    const list = ['FGSM', 'MI_FGSM'].map((kind) => ({ kind, parameters: { epsilon: EPSILON } }));
    for (const fusion of FUSIONS) {
      const given = { attacks: list, sourceModelIds: ['a', 'b'], fusion };
      const { gradients } = await attackBatch(batch, 'ENSEMBLE', given, { sources: [first, second] });
      // FGSM takes one pass of each model, and MI-FGSM ten more where that is not enough.
      expect(new Set([...gradients, 0, 2, 22]), fusion).toEqual(new Set([0, 2, 22]));
    }
  });
});

describe('a sum of losses', () => {
  it('of a model with itself gives what each attack makes of that model', async () => {
    const twin = { ...first, fingerprint: 'twin' };
    // What learns from the data first has none here.
    const kinds = attacks.filter(({ kind, preparesFrom }) => canSum(kind) && preparesFrom === undefined).map(({ kind }) => kind);
    expect(kinds).toContain('PGD');
    const given: [kind: string, own: ParameterValues][] = kinds.map((kind) => [kind, {}]);
    for (const loss of ['CROSS_ENTROPY', 'MARGIN', 'DLR']) given.push(['PGD', { loss, bestIterate: true }]);
    for (const [kind, own] of given) {
      const known = attacks.find((attack) => attack.kind === kind)!.parameters;
      const short = Object.fromEntries(Object.entries({ steps: 2, copies: 2, neighbours: 1 }).filter(([name]) => name in known));
      const one = await onSources([first], [kind, { ...short, ...own }]);
      const two = await onSources([first, twin], [kind, { ...short, ...own }], { fusion: 'LOSSES' });
      const apart = two.images.data.filter((value, p) => Math.abs(value - one.images.data[p]!) > 1e-3).length;
      expect(apart / one.images.data.length, `${kind} ${JSON.stringify(own)}`).toBeLessThan(0.05);
    }
  });

  it('is refused for an attack that follows no single loss, naming those that do', () => {
    expect(() => checkFusion('DEEP_FOOL_L2')).toThrow(/LOGITS or PROBABILITIES.*FGSM/);
  });
});

it('refuses weights that are not one for each source model', () => {
  const definition = attacks.find(({ kind }) => kind === 'ENSEMBLE')!;
  expect(() => definition.check!({ attacks: [], sourceModelIds: ['a', 'b'], fusion: 'LOGITS', weights: [1] })).toThrow(
    /1 weights and 2 source models/,
  );
});

function checkFusion(kind: string): void {
  const definition = attacks.find((attack) => attack.kind === 'ENSEMBLE')!;
  definition.check!({ attacks: [{ kind, parameters: {} }], sourceModelIds: ['a'], fusion: 'LOSSES', weights: undefined });
}

function canSum(kind: string): boolean {
  try {
    checkFusion(kind);
    return true;
  } catch {
    return false;
  }
}
