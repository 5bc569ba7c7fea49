import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { checkpointsOf, sparseSteps } from '../../src/compute/attacks/gradient/apgd-rules.js';
import { stateAt } from '../../src/compute/attacks/gradient/apgd-state.js';
import { dlrLoss, type ExampleLoss, logOddsLoss, targetedDlrLoss } from '../../src/compute/attacks/core/losses.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { testEngine } from '../test-engine.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { openDataset } from '../../src/compute/data/registry.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { attackBatch, type Batch, storedNoise } from './attack-fixtures.js';
import { failure, noise, refusal } from './fixtures.js';
import { sized } from '../sizes.js';

const engines = await Promise.all([createEngine({ engine: 'eager:cpu' }), testEngine({ microBatch: 8 })]);
const N = 12;
const CLASSES = 6;

/** Losses of logits and their gradients; both engines must agree. */
async function lossOf(name: string, loss: ExampleLoss, logits: HostTensor, labels: Int32Array, targets: Int32Array) {
  const classes = { dtype: 'int32', shape: [] } as const;
  const spec = {
    name,
    fingerprint: '',
    inputs: { z: { dtype: 'float32', shape: [CLASSES] }, label: classes, target: classes } as const,
    fn: (inputs: Record<string, tf.Tensor>) => {
      const evaluate = (z: tf.Tensor) => loss(z as tf.Tensor2D, inputs['label'] as tf.Tensor1D, 'LOGITS', inputs['target'] as tf.Tensor1D);
      const { value, grad } = tf.valueAndGrad(evaluate)(inputs['z']!, tf.ones([inputs['z']!.shape[0]!]));
      return { value, grad };
    },
  };
  const int32 = (data: Int32Array): HostTensor => ({ dtype: 'int32', shape: [N], data });
  const inputs = { z: logits, label: int32(labels), target: int32(targets) };
  const [reference, compiled] = await Promise.all(engines.map(async (engine) => (await engine.batched(spec)).run(inputs)));
  for (const output of ['value', 'grad']) {
    reference![output]!.data.forEach((value, at) => expect(compiled![output]!.data[at]).toBeCloseTo(value, 4));
  }
  return { values: [...compiled!['value']!.data], gradient: compiled!['grad']!.data };
}

describe('losses', () => {
  const logits: HostTensor = { ...noise(N, [CLASSES]), data: noise(N, [CLASSES]).data.map((value) => 8 * value - 4) as Float32Array };
  const labels = Int32Array.from({ length: N }, (_, i) => i % CLASSES);
  const targets = Int32Array.from({ length: N }, (_, i) => (i + 2) % CLASSES);
  const row = (i: number) => Array.from(logits.data.subarray(i * CLASSES, (i + 1) * CLASSES));
  const sorted = (i: number) => row(i).sort((a, b) => b - a);
  const formulas: [string, ExampleLoss, (i: number) => number][] = [
    [
      'dlr',
      dlrLoss,
      (i) => (Math.max(...row(i).filter((_, c) => c !== labels[i])) - row(i)[labels[i]!]!) / (sorted(i)[0]! - sorted(i)[2]!),
    ],
    [
      'dlr.targeted',
      targetedDlrLoss,
      (i) => (row(i)[targets[i]!]! - row(i)[labels[i]!]!) / (sorted(i)[0]! - (sorted(i)[2]! + sorted(i)[3]!) / 2),
    ],
    [
      'logOdds',
      logOddsLoss,
      (i) => {
        const p = Math.exp(row(i)[labels[i]!]!) / row(i).reduce((sum, logit) => sum + Math.exp(logit), 0);
        return Math.log((1 - p) / p);
      },
    ],
  ];

  it.each(formulas)('%s has the value and the gradient of its formula', async (name, loss, formula) => {
    const { values, gradient } = await lossOf(name, loss, logits, labels, targets);
    values.forEach((value, i) => expect(value).toBeCloseTo(formula(i), 3));
    const h = 1e-2;
    for (let c = 0; c < CLASSES; c++) {
      const moved = (by: number) => ({ ...logits, data: Float32Array.from(logits.data, (z, at) => (at % CLASSES === c ? z + by : z)) });
      const [up, down] = [await lossOf(name, loss, moved(h), labels, targets), await lossOf(name, loss, moved(-h), labels, targets)];
      let agreeing = 0;
      for (let i = 0; i < N; i++) {
        if (Math.abs((up.values[i]! - down.values[i]!) / (2 * h) - gradient[i * CLASSES + c]!) < 0.02) agreeing++;
      }
      // Where two logits change places within h, differences see a kink.
      expect(agreeing).toBeGreaterThanOrEqual(N - 2);
    }
  });

  it('that are ratios are invariant to scale and shift of the logits', async () => {
    const other = { ...logits, data: logits.data.map((value) => 5 * value + 3) as Float32Array };
    for (const loss of [dlrLoss, targetedDlrLoss]) {
      const [a, b] = await Promise.all(
        [logits, other].map((z) => lossOf(loss === dlrLoss ? 'dlr' : 'dlr.targeted', loss, z, labels, targets)),
      );
      a!.values.forEach((value, i) => expect(b!.values[i]).toBeCloseTo(value, 3));
    }
  });
});

/** Images of nine pixels, and a network that is right on all of them. */
async function smallBatch(classCount: number): Promise<Batch> {
  const engine = engines[0]!;
  const model = await buildArchitecture('mlp', { seed: 1, inputShape: [3, 3, 1], classCount });
  const images = storedNoise(4, [3, 3, 1]);
  const cleanLogits = await predict(engine, model, images);
  return { engine, model, images, cleanLogits, labels: argmaxRows(cleanLogits) };
}

describe('APGD', () => {
  it("checks progress at the paper's checkpoints", () => {
    // Intervals of 22, 19, 16, 13, 10, 7, 6, 6 steps of 100.
    expect(checkpointsOf(100)).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
    expect(checkpointsOf(1)).toEqual([1]);
    expect(checkpointsOf(3)).toEqual([1, 2, 3]);
  });

  it('refuses models with too few classes for its loss', async () => {
    const batch = await smallBatch(2);
    const refused = async (kind: string) => failure(attackBatch(batch, kind, { epsilon: 0.1 }));
    expect(await refused('APGD_DLR_LINF')).toMatchObject(refusal('INVALID_ATTACK', /3 highest logits.*2 classes/));
    expect(await refused('APGD_T_L2')).toMatchObject(refusal('INVALID_ATTACK', /4 highest logits/));
    // Whether APGD-CE, which comes first, leaves anything for APGD-T or not.
    for (const epsilon of [1 / 255, 1]) {
      const parameters = { epsilon, steps: 3, queries: 10 };
      const message = /AUTO_ATTACK_LINF compares the 4 highest logits.*WORST_OF with APGD_CE_LINF, FAB_LINF and SQUARE_LINF/;
      expect(await failure(attackBatch(batch, 'AUTO_ATTACK_LINF', parameters))).toMatchObject(refusal('INVALID_ATTACK', message));
      const attacks = [
        { kind: 'APGD_CE_LINF', parameters: { epsilon, steps: 3 } },
        { kind: 'BPDA', parameters: { attacks: [{ kind: 'APGD_T_LINF', parameters: { epsilon } }] } },
      ];
      expect(await failure(attackBatch(batch, 'WORST_OF', { attacks }))).toMatchObject(refusal('INVALID_ATTACK', /APGD_T_LINF compares/));
    }
    await attackBatch(batch, 'APGD_CE_LINF', { epsilon: 0.1, steps: 3 });
  });

  it('by AutoAttack with few classes runs the stages that they allow, and refuses the others with the request', async () => {
    const stages = async (classCount: number, list: readonly string[]) => {
      const parameters = { epsilon: 0.1, version: 'CUSTOM', stages: list, steps: 2, queries: 3 };
      const output = await attackBatch(await smallBatch(classCount), 'AUTO_ATTACK_LINF', parameters);
      return output.stages!.map(({ kind }) => kind);
    };
    expect(await stages(2, ['APGD_CE', 'FAB_T', 'FAB', 'SQUARE'])).toEqual(['APGD_CE_LINF', 'FAB_T_LINF', 'FAB_LINF', 'SQUARE_LINF']);
    expect(await stages(3, ['APGD_DLR', 'FAB_T'])).toEqual(['APGD_DLR_LINF', 'FAB_T_LINF']);
    expect(await failure(stages(2, ['APGD_CE', 'APGD_DLR']))).toMatchObject(refusal('INVALID_ATTACK', /3 highest logits.*2 classes/));
    expect(await failure(stages(3, ['APGD_CE', 'APGD_T']))).toMatchObject(refusal('INVALID_ATTACK', /4 highest logits.*3 classes/));
    for (const version of ['STANDARD', 'PLUS', 'RAND']) {
      const run = attackBatch(await smallBatch(2), 'AUTO_ATTACK_L1', { epsilon: 1, version });
      expect(await failure(run)).toMatchObject(refusal('INVALID_ATTACK', /highest logits/));
    }
  });

  it("by AutoAttack's version RAND climbs the mean over the predictions of a random model, and one of a model that is not", async () => {
    const plain = await smallBatch(4);
    const shape = plain.model.spec.inputShape;
    const size = shape.reduce((product, length) => product * length, 1);
    const model: DifferentiableModel = {
      ...plain.model,
      fingerprint: 'noisy',
      random: {
        seed: 3,
        shapes: { noise: shape },
        draw: (stream) => ({ noise: Float32Array.from({ length: size }, () => 0.01 * stream.normal()) }),
      },
      apply: (variables, x, drawn) => plain.model.apply(variables, tf.add(x, drawn!['noise']!)),
    };
    const gradients = async (batch: typeof plain, given: object) =>
      Math.max(...(await attackBatch(batch, 'AUTO_ATTACK_LINF', { epsilon: 1e-4, steps: 2, version: 'RAND', ...given })).gradients);
    // Two starts of three gradients each.
    expect(await gradients(plain, {})).toBe(6);
    expect(await gradients({ ...plain, model }, {})).toBe(20 * 6);
    expect(await gradients({ ...plain, model }, { eotSamples: 4 })).toBe(4 * 6);
  });
});

describe('APGD in L1', () => {
  it('checks the sparsity of the best change every 4 % of the steps, and the step sizes follow it', () => {
    expect(sparseSteps.checkpoints(100)).toEqual(Array.from({ length: 25 }, (_, i) => 4 * (i + 1)));
    expect(sparseSteps.checkpoints(30)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    const size = 20;
    const original: HostTensor = { dtype: 'float32', shape: [2, size], data: new Float32Array(2 * size) };
    const changedIn = (counts: number[]): HostTensor => ({
      ...original,
      data: Float32Array.from(original.data, (_, at) => Number(at % size < counts[Math.floor(at / size)]!)),
    });
    // The first change has become sparser, from 10 pixels to 6; the second has not.
    const best = changedIn([6, 10]);
    const state = {
      ...stateAt(
        { images: changedIn([9, 9]), gradient: original, losses: new Float32Array(2), scores: original },
        { images: original, labels: new Int32Array(2) },
        {
          targets: new Int32Array(2),
          steps: Float32Array.of(2, 1.2),
          shares: Float32Array.of(0.5, 0.5),
          changed: Float32Array.of(10, 10),
        },
      ),
      best,
    };
    sparseSteps.adapt(state, 4, 8);
    expect(state.steps[0]).toBe(8);
    expect(state.steps[1]).toBeCloseTo(Math.max(1.2 / 1.5, 8 / 10), 6);
    expect([...state.changed]).toEqual([6, 10]);
    state.shares.forEach((share, i) => expect(share).toBeCloseTo([6, 10][i]! / size / 1.5, 6));
    const start = Array.from({ length: size }, (_, p) => Number(p < 6));
    expect([...state.current.data]).toEqual([...start, ...Array.from({ length: size }, (_, p) => Number(p < 9))]);
  });

  it("leaves no more images of the shipped weights right than the authors' code, and fewer than PGD", async () => {
    const [dataset, model] = await Promise.all([
      openDataset({ format: 'mnist', split: 'test' }),
      loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/mnist-adversarial' }),
    ]);
    const count = sized(20, 60);
    // AutoAttack's APGDAttack(norm='L1', eps=8, n_iter=100, use_largereps=True), cross-entropy, seeds 0, 1, 2: 8, 8, 9 of the first 20, 23, 22, 22 of 60.
    const theirs = sized(9, 23);
    const robust = async (kind: string) => {
      const attack = { kind, parameters: { epsilon: 8, steps: 100 } };
      const shard = { engine: engines[1]!, model, dataset, attack, seed: 1, offset: 0, count, keepImages: false };
      const { labels, adversarialPrediction, budgetViolations } = await evaluateShard(shard);
      expect(budgetViolations).toBe(0);
      return labels.filter((label, i) => adversarialPrediction[i] === label).length;
    };
    const ours = await robust('APGD_CE_L1');
    expect(ours).toBeLessThanOrEqual(theirs);
    expect(ours).toBeLessThan(await robust('PGD_L1'));
    await dataset.close();
  });
});
