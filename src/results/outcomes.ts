/** Outcomes of single examples, packed as they are kept on an evaluation's row. @module */
import type { ShardResult } from '../compute/evaluation/index.js';
import { joinColumns, type Layout, packColumns, unpackColumns } from './packed.js';

export type Outcomes = Pick<
  ShardResult,
  | 'count'
  | 'labels'
  | 'cleanPrediction'
  | 'cleanConfidence'
  | 'cleanTop5'
  | 'cleanVotes'
  | 'cleanLikelihood'
  | 'cleanBrier'
  | 'cleanDetection'
  | 'adversarialPrediction'
  | 'adversarialConfidence'
  | 'adversarialTop5'
  | 'adversarialVotes'
  | 'adversarialLikelihood'
  | 'adversarialBrier'
  | 'adversarialDetection'
  | 'target'
  | 'otherPrediction'
  | 'linf'
  | 'l2'
  | 'l1'
  | 'l0'
  | 'l0Pixels'
  | 'ssim'
  | 'pass'
  | 'attackDistance'
  | 'withoutStart'
  | 'queries'
  | 'gradients'
>;

const COLUMNS = [
  ['labels', Int32Array, 1],
  ['cleanPrediction', Int32Array, 1],
  ['cleanConfidence', Float32Array, 1],
  ['adversarialPrediction', Int32Array, 1],
  ['adversarialConfidence', Float32Array, 1],
  ['linf', Float32Array, 1],
  ['l2', Float32Array, 1],
  ['l0', Float32Array, 1],
  ['queries', Int32Array, 1],
  ['gradients', Int32Array, 1],
  ['l1', Float32Array, 2],
  ['ssim', Float32Array, 2],
  ['pass', Float32Array, 2],
  ['target', Float32Array, 3],
  ['otherPrediction', Float32Array, 4],
  ['cleanVotes', Float32Array, 5],
  ['adversarialVotes', Float32Array, 5],
  ['cleanLikelihood', Float32Array, 7],
  ['cleanBrier', Float32Array, 7],
  ['adversarialLikelihood', Float32Array, 7],
  ['adversarialBrier', Float32Array, 7],
  ['cleanDetection', Float32Array, 7],
  ['adversarialDetection', Float32Array, 7],
  ['l0Pixels', Float32Array, 8],
  ['attackDistance', Float32Array, 9],
  ['cleanTop5', Uint8Array, 1],
  ['adversarialTop5', Uint8Array, 1],
  ['withoutStart', Uint8Array, 6],
] as const satisfies Layout<keyof Outcomes>;

const VERSION = 9;

export const packOutcomes = (outcomes: Outcomes) => packColumns(COLUMNS, VERSION, outcomes);

/** What an earlier layout did not hold is NaN; 0 where only bytes are held. */
export const unpackOutcomes = (packed: Uint8Array) => unpackColumns(COLUMNS, VERSION, packed) as Outcomes;

/** Shards in order as one. */
export const joinOutcomes = (shards: readonly Outcomes[]) => joinColumns(COLUMNS, shards) as Outcomes;

/** For each example 1 where it holds: a bit string as the database counts them. */
export const bitsOf = (outcomes: Outcomes, holds: (outcomes: Outcomes, i: number) => boolean): string =>
  Array.from({ length: outcomes.count }, (_, i) => (holds(outcomes, i) ? '1' : '0')).join('');

/** Most backward passes that the attack spent on an example. */
export const mostGradients = ({ gradients }: Outcomes) => gradients.reduce((most, count) => Math.max(most, count), 0);

/** Right before the attack. */
export const wasRight = (outcomes: Outcomes, i: number) => outcomes.cleanPrediction[i] === outcomes.labels[i];
/** Right under attack. */
export const staysRight = (outcomes: Outcomes, i: number) => outcomes.adversarialPrediction[i] === outcomes.labels[i];
/** The attack's success, untargeted: right before, wrong after (Kurakin et al. 2016). */
export const isSuccess = (outcomes: Outcomes, i: number) => wasRight(outcomes, i) && !staysRight(outcomes, i);
/**
 * Success as the other judging has it; undefined where the image was not predicted so. See `ShardResult.otherPrediction`.
 */
export const isOtherSuccess = (outcomes: Outcomes, i: number): boolean | undefined => {
  const predicted = outcomes.otherPrediction[i]!;
  return Number.isNaN(predicted) ? undefined : wasRight(outcomes, i) && predicted !== outcomes.labels[i];
};
/** Right before, with another class to be made into. */
export const isTargeted = (outcomes: Outcomes, i: number) =>
  wasRight(outcomes, i) && !Number.isNaN(outcomes.target[i]!) && outcomes.target[i] !== outcomes.labels[i];
/** Made into the class that the attack aimed at. */
export const reachesTarget = (outcomes: Outcomes, i: number) =>
  isTargeted(outcomes, i) && outcomes.adversarialPrediction[i] === outcomes.target[i];
