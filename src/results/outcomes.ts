/**
 * Outcomes of single examples, packed: one column after the other, little-endian, as they are kept on an evaluation's row.
 * @module
 */
import type { ShardResult } from '../compute/host/types.js';

export type Outcomes = Pick<
  ShardResult,
  | 'count'
  | 'labels'
  | 'cleanPrediction'
  | 'cleanConfidence'
  | 'cleanTop5'
  | 'adversarialPrediction'
  | 'adversarialConfidence'
  | 'adversarialTop5'
  | 'linf'
  | 'l2'
  | 'l1'
  | 'l0'
  | 'ssim'
  | 'pass'
  | 'queries'
  | 'gradients'
>;

/** Name, type, and the version of the layout that brought it. Wider types first, so that each column is aligned. */
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
  ['cleanTop5', Uint8Array, 1],
  ['adversarialTop5', Uint8Array, 1],
] as const satisfies readonly (readonly [keyof Outcomes, unknown, number])[];

const VERSION = 2;
/** Version and count, 32 bits each. */
const HEADER = 8;
const BYTES_PER_EXAMPLE = COLUMNS.reduce((sum, [, Column]) => sum + Column.BYTES_PER_ELEMENT, 0);

export function packOutcomes(outcomes: Outcomes): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(HEADER + outcomes.count * BYTES_PER_EXAMPLE);
  new Uint32Array(packed.buffer, 0, 2).set([VERSION, outcomes.count]);
  let position = HEADER;
  for (const [name, Column] of COLUMNS) {
    const values = outcomes[name];
    if (values.length !== outcomes.count) throw new RangeError(`${name} has ${values.length} values for ${outcomes.count} examples`);
    new Column(packed.buffer, position, outcomes.count).set(values);
    position += outcomes.count * Column.BYTES_PER_ELEMENT;
  }
  return packed;
}

/** What an earlier layout did not hold is NaN. */
export function unpackOutcomes(packed: Uint8Array): Outcomes {
  // A copy: what a database driver returns need not be aligned.
  const { buffer } = Uint8Array.from(packed);
  const [version, count] = new Uint32Array(buffer, 0, 2) as unknown as [number, number];
  if (version < 1 || version > VERSION) throw new RangeError(`Outcomes of layout ${version} cannot be read by this version.`);
  let position = HEADER;
  const columns = COLUMNS.map(([name, Column, since]) => {
    if (since > version) return [name, new Column(count).fill(NaN)] as const;
    const values = new Column(buffer, position, count);
    position += count * Column.BYTES_PER_ELEMENT;
    return [name, values] as const;
  });
  return { count, ...Object.fromEntries(columns) } as unknown as Outcomes;
}

/** Shards in order as one. */
export function joinOutcomes(shards: readonly Outcomes[]): Outcomes {
  const count = shards.reduce((sum, shard) => sum + shard.count, 0);
  const columns = COLUMNS.map(([name, Column]) => {
    const whole = new Column(count);
    let position = 0;
    for (const shard of shards) {
      whole.set(shard[name], position);
      position += shard.count;
    }
    return [name, whole] as const;
  });
  return { count, ...Object.fromEntries(columns) } as unknown as Outcomes;
}

/** For each example 1 where it holds: a bit string as the database counts them. */
export const bitsOf = (outcomes: Outcomes, holds: (outcomes: Outcomes, i: number) => boolean): string =>
  Array.from({ length: outcomes.count }, (_, i) => (holds(outcomes, i) ? '1' : '0')).join('');

/** Right before the attack. */
export const wasRight = (outcomes: Outcomes, i: number) => outcomes.cleanPrediction[i] === outcomes.labels[i];
/** Right under attack. */
export const staysRight = (outcomes: Outcomes, i: number) => outcomes.adversarialPrediction[i] === outcomes.labels[i];
/** The attack's success: right before, wrong after. */
export const isSuccess = (outcomes: Outcomes, i: number) => wasRight(outcomes, i) && !staysRight(outcomes, i);
