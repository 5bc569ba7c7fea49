/** A table of evaluations: one row each. @module */
import { wilson } from '../../compute/statistics/index.js';
import { effectiveEpsilonOf } from '../../results/budget.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import { encodeGlobalId } from '../../storage/global-id.js';
import { calibrationOf, engineOf, findingsOf } from '../../storage/json.js';
import type { Dataset, Job, Model } from '../../storage/generated/client.js';
import type { Column, ColumnType } from './table.js';

export type ExportedEvaluation = EvaluationRow & {
  readonly model: Pick<Model, 'name' | 'fingerprint' | 'architecture' | 'card'>;
  readonly dataset: Pick<Dataset, 'name' | 'format' | 'fingerprint' | 'bitDepth'>;
  readonly job: Pick<Job, 'state'>;
};

type EvaluationColumn = Column<ExportedEvaluation>;

const text = (name: string, value: EvaluationColumn['value']): EvaluationColumn => ({ name, type: 'STRING', value });

/** Columns that have their name in the row. */
const plain = (type: ColumnType, ...names: (keyof EvaluationRow)[]): EvaluationColumn[] =>
  names.map((name) => ({ name, type, value: (row) => row[name] as ReturnType<EvaluationColumn['value']> }));

type CountColumn = 'cleanTop1' | 'adversarialTop1' | 'successes' | 'aimed' | 'targetsReached';

/** A share with its 95 % Wilson interval. */
function proportion(name: string, count: CountColumn, total: CountColumn | 'sampleCount'): EvaluationColumn[] {
  const of = (row: ExportedEvaluation) => {
    const n = row[total];
    return row[count] === null || n === null ? null : wilson(row[count], n);
  };
  return [
    { name, type: 'DOUBLE', value: (row) => of(row)?.value ?? null },
    { name: `${name}Lower`, type: 'DOUBLE', value: (row) => of(row)?.lower ?? null },
    { name: `${name}Upper`, type: 'DOUBLE', value: (row) => of(row)?.upper ?? null },
  ];
}

const calibrationColumns = (['clean', 'adversarial'] as const).flatMap((phase) =>
  (['expectedError', 'classwiseError', 'likelihood', 'brier'] as const).map((measure): EvaluationColumn => {
    const name = `${phase}${measure[0]!.toUpperCase()}${measure.slice(1)}`;
    return { name, type: 'DOUBLE', value: (row) => calibrationOf(row)?.[phase][measure] ?? null };
  }),
);

export const evaluationColumns: readonly EvaluationColumn[] = [
  text('id', ({ id }) => encodeGlobalId('Evaluation', id)),
  text('modelId', ({ modelId }) => encodeGlobalId('Model', modelId)),
  text('model', ({ model }) => model.name),
  text('modelFingerprint', ({ model }) => model.fingerprint),
  text('architecture', ({ model }) => model.architecture),
  text('datasetId', ({ datasetId }) => encodeGlobalId('Dataset', datasetId)),
  text('dataset', ({ dataset }) => dataset.name),
  text('datasetFingerprint', ({ dataset }) => dataset.fingerprint),
  text('state', ({ job }) => job.state),
  ...plain('STRING', 'attackKind', 'norm', 'judging'),
  ...plain('DOUBLE', 'epsilon'),
  { name: 'effectiveEpsilon', type: 'DOUBLE', value: (row) => effectiveEpsilonOf(row, row.dataset) },
  text('parameters', ({ parameters }) => JSON.stringify(parameters)),
  ...plain('INT32', 'offset', 'sampleCount', 'seed', 'cleanTop1', 'cleanTop5', 'adversarialTop1', 'adversarialTop5', 'successes'),
  ...plain('INT32', 'predictions'),
  ...plain('DOUBLE', 'cleanMean', 'adversarialMean'),
  ...plain('INT32', 'otherTop1', 'undoneByRounding', 'aimed', 'targetsReached'),
  ...proportion('cleanAccuracy', 'cleanTop1', 'sampleCount'),
  ...proportion('adversarialAccuracy', 'adversarialTop1', 'sampleCount'),
  ...proportion('successRate', 'successes', 'cleanTop1'),
  ...proportion('targetSuccess', 'targetsReached', 'aimed'),
  ...calibrationColumns,
  ...plain('DOUBLE', 'meanLinf', 'meanL2', 'meanL1', 'meanL0', 'meanL0Pixels', 'meanSsim', 'meanPass', 'meanAttackDistance'),
  ...plain(
    'DOUBLE',
    'medianLinf',
    'medianL2',
    'medianL1',
    'medianL0',
    'medianL0Pixels',
    'medianSsim',
    'medianPass',
    'medianAttackDistance',
  ),
  ...plain('INT64', 'queries', 'gradients'),
  ...plain('DOUBLE', 'seconds'),
  ...plain('INT32', 'budgetViolations'),
  text(
    'findings',
    (row) =>
      findingsOf(row)
        ?.map(({ code }) => code)
        .join(' ') ?? null,
  ),
  text('engine', (row) => engineOf(row)?.label ?? null),
  ...plain('STRING', 'requestHash'),
  ...plain('TIMESTAMP', 'createdAt', 'finishedAt'),
];
