/** Losses that attacks climb or descend, of each example. Attacks sum them, so that an example's gradient does not depend on the batch size. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { OutputKind } from '../../models/index.js';
import type { AttackTask } from './definition.js';

/**
 * @param scores `[n, classCount]`, what the model outputs. @param labels `[n]`, int32. @param targets a second class of each example, `[n]`, int32, for losses
 * that have one. @returns a value of each example, `[n]`.
 */
export type ExampleLoss = (scores: tf.Tensor2D, labels: tf.Tensor1D, output: OutputKind, targets: tf.Tensor1D) => tf.Tensor;

/** Keeps the logarithm of a saturated probability finite. */
const SMALLEST_PROBABILITY = 1e-12;

/** Below every slope that float32 can tell from zero. */
const SMALLEST_SLOPE = 1e-37;

/** Takes a class out of a softmax: exp(-1e9) is zero in float32. */
const EXCLUDED = -1e9;

/**
 * A loss whose gradient has the sign of the gradient of the cross-entropy `J(X, y) = -log p_y`, everywhere and on every engine, and which orders images as it does.
 *
 * For logits it is `log((1 - p_y) / p_y)`, of which J is the softplus: J's gradient is this one's times a positive number. But in float32
 * J's gradient `p - onehot(y)` is rounding noise where the network is sure (p_y rounds to 1), which hides the gradient from the attack
 * and differs between engines (Carlini & Wagner 2017, arXiv 1608.04644, section IV). This one's does not vanish.
 */
export const logOddsLoss = (scores: tf.Tensor2D, labels: tf.Tensor1D, output: OutputKind): tf.Tensor => {
  const oneHot = tf.cast(tf.oneHot(labels, scores.shape[1]), 'float32');
  return output === 'LOGITS' ? logOdds(scores, oneHot) : negativeLogProbability(scores, oneHot);
};

/** {@link logOddsLoss} of the whole batch. */
export const signLoss = (scores: tf.Tensor2D, labels: tf.Tensor1D, output: OutputKind): tf.Scalar =>
  tf.sum(logOddsLoss(scores, labels, output));

/**
 * The entropy `H = -Σ p log p` of the prediction, whatever the label. For logits, each example's gradient is brought to a largest value of 1: a sure
 * network's is tiny, and would be lost on the way back to the pixels.
 */
export const entropyLoss: ExampleLoss = (scores, _labels, output) => {
  if (output === 'LOGITS') return entropyOfLogits(scores);
  return tf.neg(tf.sum(tf.mul(scores, tf.log(tf.maximum(scores, SMALLEST_PROBABILITY))), 1));
};

function entropyOfLogits(scores: tf.Tensor2D): tf.Tensor {
  return withSlope(scores, (logits) => {
    const logProbabilities = tf.logSoftmax(logits);
    const weighted = tf.mul(tf.exp(logProbabilities), logProbabilities);
    const entropy = tf.neg(tf.sum(weighted, 1, true));
    // ∂H/∂z = -p (log p + H).
    const slope = tf.neg(tf.add(weighted, tf.mul(tf.exp(logProbabilities), entropy)));
    return {
      slope: tf.div(slope, tf.maximum(tf.max(tf.abs(slope), 1, true), SMALLEST_SLOPE)),
      value: tf.squeeze(entropy, [1]),
    };
  });
}

/** `log Σ_{j≠y} exp z_j - z_y`, of each example; its gradient is the softmax of the other classes, minus 1 at y. */
function logOdds(scores: tf.Tensor2D, oneHot: tf.Tensor): tf.Tensor {
  return withSlope(scores, (logits) => {
    const others = tf.add(logits, tf.mul(oneHot, EXCLUDED));
    return {
      slope: tf.sub(tf.softmax(others), oneHot),
      value: tf.sub(tf.logSumExp(others, 1), tf.sum(tf.mul(logits, oneHot), 1)),
    };
  });
}

/** One value for each example, whose gradient by its scores is `slope` and not what tfjs would make of the value. */
function withSlope(scores: tf.Tensor2D, of: (logits: tf.Tensor) => { value: tf.Tensor; slope: tf.Tensor }): tf.Tensor {
  const custom = tf.customGrad<tf.Tensor>((logits, save) => {
    const { value, slope } = of(logits as tf.Tensor);
    (save as tf.GradSaveFunc)([slope]);
    return { value, gradFunc: (dy, [saved]) => tf.mul(tf.expandDims(dy, 1), saved!) };
  });
  return custom(scores);
}

function negativeLogProbability(probabilities: tf.Tensor2D, oneHot: tf.Tensor): tf.Tensor {
  return tf.neg(tf.sum(tf.mul(oneHot, tf.log(tf.maximum(probabilities, SMALLEST_PROBABILITY))), 1));
}

/**
 * Difference of logits ratio, `-(z_y - max_{i≠y} z_i) / (z_π1 - z_π3)` with π the classes from the highest logit down (Croce & Hein 2020, equation 6): unlike
 * cross-entropy it does not change when logits are shifted or scaled. Positive where the prediction is wrong. Needs three classes.
 */
export const dlrLoss: ExampleLoss = (scores, labels, output) => {
  const logits = logitsOf(scores, output);
  const [first, , third] = highest(logits, 3);
  return ratio(marginLoss(scores, labels, output), tf.sub(first!, third!));
};

/** Targeted form, `-(z_y - z_t) / (z_π1 - (z_π3 + z_π4) / 2)` (equation 7). Needs four classes. */
export const targetedDlrLoss: ExampleLoss = (scores, labels, output, targets) => {
  const logits = logitsOf(scores, output);
  const [first, , third, fourth] = highest(logits, 4);
  return ratio(differenceLoss(scores, labels, output, targets), tf.sub(first!, tf.div(tf.add(third!, fourth!), 2)));
};

/**
 * The difference of logits ratio as augmented Lagrangian attacks have it (Rony et al. 2021): positive until the goal is reached by a tolerance in logits. Its
 * classes are those to leave, or to reach, in which case it needs four.
 */
export function goalRatioLoss(
  scores: tf.Tensor2D,
  goals: tf.Tensor1D,
  output: OutputKind,
  isTarget: boolean,
  tolerance: number,
): tf.Tensor {
  const logits = logitsOf(scores, output);
  const [first, , third, fourth] = highest(logits, isTarget ? 4 : 3);
  const margin = marginLoss(scores, goals, output);
  const scale = tf.sub(first!, isTarget ? tf.div(tf.add(third!, fourth!), 2) : third!);
  return ratio(tf.add(isTarget ? margin : tf.neg(margin), tolerance), scale);
}

/** Where all logits are equal, both parts are zero. */
function ratio(numerator: tf.Tensor, denominator: tf.Tensor): tf.Tensor {
  return tf.div(numerator, tf.add(denominator, SMALLEST_PROBABILITY));
}

/** Best wrong logit over the true one, `max_{i≠y} z_i - z_y`: positive where the prediction is wrong. */
export const marginLoss = (scores: tf.Tensor2D, labels: tf.Tensor1D, output: OutputKind): tf.Tensor => {
  const logits = logitsOf(scores, output);
  const others = tf.add(logits, tf.mul(oneHotOf(labels, logits), EXCLUDED));
  return tf.sub(tf.max(others, 1), logitOf(logits, labels));
};

/** Logit of one class over that of another, `z_t - z_y`. */
export const differenceLoss: ExampleLoss = (scores, labels, output, targets) => {
  const logits = logitsOf(scores, output);
  return tf.sub(logitOf(logits, targets), logitOf(logits, labels));
};

/** The logit of the class with its sign turned, which falls as the class is surer: towards a target, a loss that does not saturate (Zhao et al. 2021). */
export const logitLoss: ExampleLoss = (scores, labels, output) => tf.neg(logitOf(logitsOf(scores, output), labels));

/** Logarithms of probabilities are logits, but for a constant. */
function logitsOf(scores: tf.Tensor2D, output: OutputKind): tf.Tensor2D {
  return output === 'LOGITS' ? scores : tf.log(tf.maximum(scores, SMALLEST_PROBABILITY));
}

function oneHotOf(classes: tf.Tensor1D, logits: tf.Tensor2D): tf.Tensor {
  return tf.cast(tf.oneHot(classes, logits.shape[1]), 'float32');
}

function logitOf(logits: tf.Tensor2D, classes: tf.Tensor1D): tf.Tensor {
  return tf.sum(tf.mul(logits, oneHotOf(classes, logits)), 1);
}

/** The k highest logits of each example, highest first, each `[n]`. By masks, since sorting has no gradient. */
function highest(logits: tf.Tensor2D, k: number): tf.Tensor[] {
  let left: tf.Tensor = logits;
  return Array.from({ length: k }, () => {
    const classes = tf.argMax<tf.Tensor1D>(left, 1);
    left = tf.add(left, tf.mul(oneHotOf(classes, logits), EXCLUDED));
    return logitOf(logits, classes);
  });
}

/** Scores, losses and their gradient by one forward and one backward pass. @param loss one value an example. */
export function lossAndGradient(
  { model, lossWeights = [1] }: AttackTask,
  logits: (x: tf.Tensor4D) => tf.Tensor2D,
  x: tf.Tensor,
  loss: (scores: tf.Tensor2D, at: tf.Tensor) => tf.Tensor,
) {
  const [n, columns] = [x.shape[0]!, model.spec.classCount * lossWeights.length];
  // Side by side they come out of one pass; only the losses are differentiated.
  const sideBySide = (at: tf.Tensor) => {
    const scores = logits(at as tf.Tensor4D);
    return tf.concat([tf.reshape<tf.Rank.R2>(loss(scores, at), [n, 1]), scores], 1);
  };
  const { value, grad } = tf.valueAndGrad(sideBySide)(x, tf.concat([tf.ones([n, 1]), tf.zeros([n, columns])], 1));
  return {
    scores: tf.slice(value, [0, 1], [n, columns]),
    losses: tf.reshape(tf.slice(value, [0, 0], [n, 1]), [n, 1, 1, 1]),
    gradient: grad,
  };
}
