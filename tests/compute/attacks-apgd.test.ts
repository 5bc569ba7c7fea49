import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { checkpointsOf } from '../../src/compute/attacks/gradient/apgd-rules.js';
import { dlrLoss, type ExampleLoss, logOddsLoss, targetedDlrLoss } from '../../src/compute/attacks/core/losses.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { testEngine } from '../test-engine.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { attackBatch, storedNoise } from './attack-fixtures.js';
import { failure, noise, refusal } from './fixtures.js';

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

describe('APGD', () => {
  it("checks progress at the paper's checkpoints", () => {
    // Intervals of 22, 19, 16, 13, 10, 7, 6, 6 steps of 100.
    expect(checkpointsOf(100)).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
    expect(checkpointsOf(1)).toEqual([1]);
    expect(checkpointsOf(3)).toEqual([1, 2, 3]);
  });

  it('refuses models with too few classes for its loss', async () => {
    const engine = engines[0]!;
    const model = await buildArchitecture('mlp', { seed: 1, inputShape: [3, 3, 1], classCount: 2 });
    const images = storedNoise(4, [3, 3, 1]);
    const cleanLogits = await predict(engine, model, images);
    const batch = { engine, model, images, cleanLogits, labels: argmaxRows(cleanLogits) };
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
});
