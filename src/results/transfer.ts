/** What a target makes of the adversarial images of a source. @module */
import { cohenKappa } from '../compute/statistics/index.js';
import { joinColumns, type Layout, packColumns, unpackColumns } from './packed.js';
import { type Outcomes, staysRight, wasRight } from './outcomes.js';

/** Predictions of the target, for each example of the source's evaluation; `Top5` is 1 where the label is among the five highest scores. */
export interface TargetOutcomes {
  readonly count: number;
  readonly cleanPrediction: Int32Array;
  readonly adversarialPrediction: Int32Array;
  readonly cleanTop5: Uint8Array;
  readonly adversarialTop5: Uint8Array;
}

const COLUMNS = [
  ['cleanPrediction', Int32Array, 1],
  ['adversarialPrediction', Int32Array, 1],
  ['cleanTop5', Uint8Array, 1],
  ['adversarialTop5', Uint8Array, 1],
] as const satisfies Layout<keyof TargetOutcomes>;

const VERSION = 1;

export const packTarget = (outcomes: TargetOutcomes) => packColumns(COLUMNS, VERSION, outcomes);

export const unpackTarget = (packed: Uint8Array) => unpackColumns(COLUMNS, VERSION, packed) as TargetOutcomes;

/** Shards in order as one. */
export const joinTargets = (shards: readonly TargetOutcomes[]) => joinColumns(COLUMNS, shards) as TargetOutcomes;

/** What the target makes of the source's adversarial images, as if they had been made for it: with its predictions, and their distances. */
export function transferredOutcomes(source: Outcomes, target: TargetOutcomes): Outcomes {
  return { ...source, ...target };
}

/**
 * Counts of examples, as the columns of TransferResult name them, for both definitions: the transfer rate of Kurakin, Goodfellow and Bengio 2017
 * (arXiv 1611.01236, section 4.4), `transferred` of `fooledSource`, and the plain error rate of the target on all images, `targetErrors` of all.
 */
export function countTransfer(source: Outcomes, target: TargetOutcomes) {
  const { labels, count } = source;
  const examples = Array.from({ length: count }, (_, i) => i);
  const isRight = (prediction: Int32Array) => (i: number) => prediction[i] === labels[i];
  const inTop5 = (flags: Uint8Array) => (i: number) => flags[i] === 1;
  const wrong = (holds: (i: number) => boolean) => examples.filter((i) => !holds(i)).length;

  const [cleanTop1, adversarialTop1] = [isRight(target.cleanPrediction), isRight(target.adversarialPrediction)];
  const [cleanTop5, adversarialTop5] = [inTop5(target.cleanTop5), inTop5(target.adversarialTop5)];
  const bothRight = examples.filter((i) => wasRight(source, i) && cleanTop1(i));
  const fooledSource = bothRight.filter((i) => !staysRight(source, i));
  const transferred = fooledSource.filter((i) => !adversarialTop1(i));
  const bothRightTop5 = examples.filter((i) => source.cleanTop5[i] === 1 && cleanTop5(i));
  const fooledSourceTop5 = bothRightTop5.filter((i) => source.adversarialTop5[i] === 0);
  return {
    bothRight: bothRight.length,
    bothRightTop5: bothRightTop5.length,
    fooledSource: fooledSource.length,
    fooledSourceTop5: fooledSourceTop5.length,
    transferred: transferred.length,
    transferredTop5: fooledSourceTop5.filter((i) => !adversarialTop5(i)).length,
    sameWrongClass: transferred.filter((i) => target.adversarialPrediction[i] === source.adversarialPrediction[i]).length,
    targetErrors: wrong(adversarialTop1),
    targetErrorsTop5: wrong(adversarialTop5),
    cleanTargetErrors: wrong(cleanTop1),
    cleanTargetErrorsTop5: wrong(cleanTop5),
    cleanAgreements: examples.filter((i) => target.cleanPrediction[i] === source.cleanPrediction[i]).length,
    cleanKappa: cohenKappa(source.cleanPrediction, target.cleanPrediction),
  };
}
