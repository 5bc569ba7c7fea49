/** Reads what targets make of the images of sources, in a number of statements that does not depend on how many there are. @module */
import { DomainError } from '../../errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Judging, Prisma } from '../../storage/generated/client.js';

/** What is undefined does not narrow. */
export interface TransferMatrixRequest {
  readonly datasetId: string;
  readonly sourceIds?: readonly string[];
  readonly targetIds?: readonly string[];
  /** Of sources and of targets. */
  readonly architectures?: readonly string[];
  readonly attackKinds?: readonly string[];
  readonly epsilons?: readonly number[];
  readonly judging: Judging;
  readonly offset?: number;
  readonly sampleCount?: number;
  readonly seed?: number;
}

/** Columns of an evaluation that a cell shows. */
const EVALUATION = {
  id: true,
  modelId: true,
  attackKind: true,
  epsilon: true,
  norm: true,
  parameters: true,
  offset: true,
  sampleCount: true,
} as const satisfies Prisma.EvaluationSelect;

const INCLUDE = { evaluation: { select: EVALUATION } } as const satisfies Prisma.TransferResultInclude;

/** What one target makes of one evaluation. */
export type CellRow = Omit<Prisma.TransferResultGetPayload<{ include: typeof INCLUDE }>, 'outcomes' | 'adversarialRight'>;

export interface Cell extends CellRow {
  /** Mean of the transfer rates in both directions, under the same attack on the same examples; null where one of them is not among the cells. */
  readonly symmetricRate: number | null;
}

/** Results read for one matrix. */
const MOST = 10_000;

/**
 * One cell for each source, target and attack with its parameters: of several evaluations, the one of the most examples counts, and of those the last.
 * @param prisma finds what the viewer may see.
 * @throws DomainError LIMIT_EXCEEDED
 */
export async function findTransferMatrix(prisma: DatabaseClient, request: TransferMatrixRequest): Promise<Cell[]> {
  const { sourceIds, targetIds, architectures, attackKinds, epsilons, ...range } = request;
  const model = architectures && { architecture: { in: [...architectures] } };
  const where: Prisma.TransferResultWhereInput = {
    evaluation: {
      ...range,
      modelId: sourceIds && { in: [...sourceIds] },
      attackKind: attackKinds && { in: [...attackKinds] },
      epsilon: epsilons && { in: [...epsilons] },
      model,
    },
    targetModelId: targetIds && { in: [...targetIds] },
    target: model,
  };
  // Counted before they are read.
  if ((await prisma.transferResult.count({ where, take: MOST + 1 })) > MOST) {
    const message = `The matrix covers more than ${MOST} results. Name sources, targets, attacks or budgets.`;
    throw new DomainError('LIMIT_EXCEEDED', message, ['sourceIds']);
  }
  const rows = await prisma.transferResult.findMany({ where, include: INCLUDE });
  rows.sort((a, b) => b.evaluation.sampleCount - a.evaluation.sampleCount || b.createdAt.getTime() - a.createdAt.getTime());
  const cells = new Map<string, CellRow>();
  for (const row of rows) if (!cells.has(placeOf(row))) cells.set(placeOf(row), row);
  return withBothDirections([...cells.values()]);
}

/** Cells of each transfer, one for each pair that has a result. */
export async function cellsOfTransfers(prisma: DatabaseClient, transferIds: readonly string[]): Promise<Cell[][]> {
  const transfers = await prisma.transfer.findMany({
    where: { id: { in: [...transferIds] } },
    select: { id: true, evaluations: { select: { id: true } }, targets: { select: { id: true } } },
  });
  const some = { some: { id: { in: transfers.map(({ id }) => id) } } };
  const rows = await prisma.transferResult.findMany({
    where: { evaluation: { transfers: some }, target: { transfers: some } },
    include: INCLUDE,
    orderBy: [{ evaluationId: 'asc' }, { targetModelId: 'asc' }],
  });
  return transferIds.map((transferId) => {
    const transfer = transfers.find(({ id }) => id === transferId);
    const [evaluations, targets] = [new Set(transfer?.evaluations.map(({ id }) => id)), new Set(transfer?.targets.map(({ id }) => id))];
    return withBothDirections(rows.filter((row) => evaluations.has(row.evaluationId) && targets.has(row.targetModelId)));
  });
}

function placeOf({ evaluation: { modelId, attackKind, parameters }, targetModelId }: CellRow): string {
  return [modelId, targetModelId, attackKind, JSON.stringify(parameters)].join(' ');
}

function withBothDirections(rows: readonly CellRow[]): Cell[] {
  const onExamples = (row: CellRow) => `${placeOf(row)} ${row.evaluation.offset} ${row.evaluation.sampleCount}`;
  const rates = new Map(rows.map((row) => [onExamples(row), row.fooledSource === 0 ? null : row.transferred / row.fooledSource]));
  return rows.map((row) => {
    const { evaluation, targetModelId } = row;
    const there = rates.get(onExamples(row));
    const back = rates.get(
      onExamples({ ...row, targetModelId: evaluation.modelId, evaluation: { ...evaluation, modelId: targetModelId } }),
    );
    return { ...row, symmetricRate: there == null || back == null ? null : (there + back) / 2 };
  });
}
