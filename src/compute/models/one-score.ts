/** Classifiers of two classes that output one score: that of the second class, whose first is made here. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { OutputKind } from './types.js';

/** For the user of such a model. */
export function oneScoreWarning(output: OutputKind): string {
  const boundary = output === 'PROBABILITIES' ? 'a probability above 0.5' : 'a score above 0';
  return `The network outputs one score for each image. It is taken for that of class 1 of two classes, which ${boundary} stands for; class 0 has ${output === 'PROBABILITIES' ? 'the rest' : '0'}.`;
}

/** For the user of a network that ends in a sigmoid of each of several scores. @param where the sigmoid is. */
export function sigmoidWarning(where: string): string {
  return `The network ends in a sigmoid of each score (${where}), which was taken off: it changes no prediction, and where it saturates, gradients vanish. Attacks see the scores before it, and probabilities shown here are a softmax of those.`;
}

/** @param score `[n, 1]`, a logit or a probability. @returns `[n, 2]`, with a softmax that is the logit's sigmoid. */
export function twoScores(score: tf.Tensor2D, output: OutputKind): tf.Tensor2D {
  return tf.concat([output === 'PROBABILITIES' ? tf.sub(1, score) : tf.zerosLike(score), score], 1);
}

/** The same of values outside of a graph. */
export function twoScoresOf(scores: ArrayLike<number>, output: OutputKind): number[] {
  return Array.from(scores).flatMap((score) => [output === 'PROBABILITIES' ? 1 - score : 0, score]);
}
