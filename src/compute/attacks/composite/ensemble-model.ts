/** Several models as one, which attacks differentiate as they would any other (Liu et al. 2017; Dong et al. 2018, section 3.4). @module */
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import type { DifferentiableModel } from '../../models/index.js';
import type { Tensors } from '../../tensors/index.js';

/** Keeps the logarithm of a saturated probability finite. */
const SMALLEST_PROBABILITY = 1e-12;

/** How the logits of the models, `[n, classCount]` each, become one output. */
const FUSIONS = {
  /** `Σ w_k z_k`. */
  LOGITS: (logits: readonly tf.Tensor2D[], weights: readonly number[]) =>
    tf.addN<tf.Tensor2D>(logits.map((one, k) => tf.mul(one, weights[k]!))),
  /** `log Σ w_k softmax(z_k)`: logits whose softmax is the mean of the probabilities. By logarithms, so that none is lost where models are sure. */
  PROBABILITIES: (logits: readonly tf.Tensor2D[], weights: readonly number[]) =>
    tf.logSumExp<tf.Tensor2D>(tf.stack(logits.map((one, k) => tf.add(tf.logSoftmax(one), Math.log(weights[k]!)))), 0),
  /** Side by side, `[n, models · classCount]`. */
  SIDE_BY_SIDE: (logits: readonly tf.Tensor2D[]) => tf.concat([...logits], 1),
};

/**
 * @param models of one input shape and number of classes. @param weights one for each, with the sum 1.
 * @returns a model that outputs logits. It cannot be trained or saved.
 */
export function ensembleModel(
  models: readonly DifferentiableModel[],
  weights: readonly number[],
  fusion: keyof typeof FUSIONS,
): DifferentiableModel {
  const [first] = models as readonly [DifferentiableModel, ...DifferentiableModel[]];
  const isRandom = models.some(({ random }) => random);
  const identity = JSON.stringify([fusion, weights, models.map(({ fingerprint }) => fingerprint)]);
  return {
    ...first,
    output: 'LOGITS',
    fingerprint: `ensemble.${createHash('sha256').update(identity).digest('hex')}`,
    variables: prefixed(models.map(({ variables }) => variables)),
    trainable: [],
    // Each has its own.
    inner: undefined,
    random: isRandom
      ? {
          seed: models.find(({ random }) => random?.seed !== undefined)?.random?.seed,
          shapes: prefixed(models.map(({ random }) => random?.shapes ?? {})),
          draw: (stream) => prefixed(models.map(({ random }) => random?.draw(stream) ?? {})),
        }
      : undefined,
    apply(variables, x, drawn = {}) {
      const logits = models.map((model, k) => {
        const scores = model.apply(own(variables, k), x, model.random && own(drawn, k));
        return model.output === 'LOGITS' ? scores : tf.log<tf.Tensor2D>(tf.maximum(scores, SMALLEST_PROBABILITY));
      });
      return FUSIONS[fusion](logits, weights);
    },
  };
}

/** Members of several records, each with the number of its record before its name. */
function prefixed<Value>(records: readonly Readonly<Record<string, Value>>[]): Record<string, Value> {
  return Object.fromEntries(records.flatMap((record, k) => Object.entries(record).map(([name, value]) => [`${k}:${name}`, value])));
}

/** Those of one record, by their own names. */
function own(members: Tensors, k: number): Tensors {
  const prefix = `${k}:`;
  const found = Object.entries(members).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}
