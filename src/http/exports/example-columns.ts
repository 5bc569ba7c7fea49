/** A table of the examples of an evaluation: one row each. @module */
import { isSuccess, reachesTarget, type Outcomes } from '../../results/outcomes.js';
import type { Column, ColumnType } from './table.js';

/** Position in the outcomes, and in the data set. */
export interface ExportedExample {
  readonly outcomes: Outcomes;
  readonly i: number;
  readonly index: number;
}

type ExampleColumn = Column<ExportedExample>;

const measured = (type: ColumnType, ...names: Exclude<keyof Outcomes, 'count'>[]): ExampleColumn[] =>
  names.map((name) => ({
    name,
    type,
    value: ({ outcomes, i }) => {
      const value = outcomes[name][i]!;
      return Number.isNaN(value) ? null : value;
    },
  }));

const flag = (name: 'cleanTop5' | 'adversarialTop5'): ExampleColumn => ({
  name,
  type: 'BOOLEAN',
  value: ({ outcomes, i }) => outcomes[name][i] === 1,
});

export const exampleColumns: readonly ExampleColumn[] = [
  { name: 'index', type: 'INT32', value: ({ index }) => index },
  ...measured('INT32', 'labels', 'cleanPrediction').map((column) => (column.name === 'labels' ? { ...column, name: 'label' } : column)),
  ...measured('DOUBLE', 'cleanConfidence', 'cleanLikelihood', 'cleanBrier', 'cleanDetection'),
  flag('cleanTop5'),
  ...measured('INT32', 'adversarialPrediction'),
  ...measured('DOUBLE', 'adversarialConfidence', 'adversarialLikelihood', 'adversarialBrier', 'adversarialDetection'),
  flag('adversarialTop5'),
  { name: 'success', type: 'BOOLEAN', value: ({ outcomes, i }) => isSuccess(outcomes, i) },
  ...measured('INT32', 'otherPrediction', 'target'),
  {
    name: 'targetReached',
    type: 'BOOLEAN',
    value: ({ outcomes, i }) => (Number.isNaN(outcomes.target[i]!) ? null : reachesTarget(outcomes, i)),
  },
  ...measured('DOUBLE', 'linf', 'l2', 'l1', 'l0', 'l0Pixels', 'ssim', 'pass', 'attackDistance'),
  ...measured('INT32', 'queries', 'gradients'),
];
