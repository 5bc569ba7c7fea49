/** Reads evaluations of one model on the same examples, and takes the worst case over them. @module */
import { isDeepStrictEqual } from 'node:util';
import { corruption } from '../../compute/attacks/index.js';
import type { Budget, Judging } from '../../compute/distances/index.js';
import { imported, isRandom } from '../../compute/evaluation/index.js';
import { DomainError } from '../../errors.js';
import { unpackOutcomes } from '../../results/outcomes.js';
import { transferredOutcomes, unpackTarget } from '../../results/transfer.js';
import { worstCase, type WorstCase } from '../../results/worst-case.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Prisma } from '../../storage/generated/client.js';
import { diagnosticsOf } from '../../storage/json.js';

export interface WorstCaseRequest {
  readonly modelId: string | undefined;
  readonly datasetId: string | undefined;
  /** Undefined: all that have finished on the range. */
  readonly evaluationIds?: readonly (string | undefined)[];
  readonly offset?: number;
  readonly sampleCount?: number;
  readonly threat?: Budget;
  /** Default: on stored images, or floats where the data set has no levels to store them in. Not with `evaluationIds`. */
  readonly judging?: Judging;
}

export interface WorstCaseResult extends WorstCase {
  readonly offset: number;
  /** Those of the model, then those of other models whose images were transferred to it: in the order of `contributions`. */
  readonly evaluations: readonly EvaluationRow[];
}

/** Of its own evaluations, and of transfers to it; each costs some fifty bytes an example while it is read. */
const MOST = 100;

/** Corruptions are no attempt to fool the model. */
const ATTACKED = { attackKind: { not: corruption.kind } } as const;

const LAST_FIRST = {
  orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  take: MOST,
  omit: { outcomes: false },
} as const satisfies Prisma.EvaluationFindManyArgs;

/**
 * @param prisma finds what the viewer may see.
 * @returns undefined where nothing has finished.
 * @throws DomainError VALIDATION where evaluations are named that have not finished, or are not of one model and the same examples.
 */
export async function findWorstCase(prisma: DatabaseClient, request: WorstCaseRequest): Promise<WorstCaseResult | undefined> {
  const { modelId, datasetId, evaluationIds, offset, sampleCount, threat, judging } = request;
  if (modelId === undefined || datasetId === undefined) return undefined;
  if (evaluationIds && evaluationIds.length > MOST) throw validationError(`Name at most ${MOST} evaluations.`);
  const wanted: Prisma.EvaluationWhereInput = { modelId, datasetId, offset, sampleCount, job: { state: 'SUCCEEDED' } };
  if (evaluationIds) wanted.id = { in: evaluationIds.filter((id) => id !== undefined) };
  else if (judging) Object.assign(wanted, ATTACKED, { judging });
  // Floats have no levels to be stored in.
  else Object.assign(wanted, ATTACKED, { OR: [{ judging: 'STORED' }, { dataset: { bitDepth: 32 } }] });
  const [largest] = await prisma.evaluation.findMany({
    where: wanted,
    orderBy: [{ sampleCount: 'desc' }, { finishedAt: 'desc' }],
    take: 1,
  });
  const same = largest && { offset: largest.offset, sampleCount: largest.sampleCount, judging: largest.judging };
  const classMap = largest && { classMap: { equals: largest.classMap } };
  const all = same
    ? await prisma.evaluation.findMany({
        ...LAST_FIRST,
        where: { AND: [wanted, same, classMap!] },
        include: { dataset: true },
      })
    : [];
  // One that was named counts in any case.
  const rows = evaluationIds ? all : all.filter((row) => !all.some((other) => repeats(other, row)));
  if (evaluationIds && rows.length < new Set(evaluationIds).size) {
    throw validationError(
      'Name evaluations that have finished, of this model, on this data set, and of one offset, sampleCount, judging and class map.',
    );
  }
  if (!same) return undefined;
  const imageSize = rows[0]!.dataset.imageShape.reduce((product, length) => product * length, 1);
  const own = rows.map((row) => unpackOutcomes(row.outcomes!));
  const transferred = evaluationIds || largest.classMap.length > 0 ? [] : await transferredTo(prisma, modelId, { datasetId, ...same });
  const outcomes = [...own, ...transferred.map((one) => one.outcomes)];
  return {
    ...worstCase(outcomes, threat && { ...threat, judging: same.judging }, imageSize),
    offset: same.offset,
    evaluations: [...rows, ...transferred.map(({ evaluation }) => evaluation)],
  };
}

/** Whether one is the other again, judged by more predictions, of a model that the other found random: of others more predictions say nothing new. */
function repeats(one: EvaluationRow, other: EvaluationRow): boolean {
  const attack = ({ attackKind, parameters, seed, imagesArtifactId }: EvaluationRow) => [
    attackKind,
    parameters,
    seed,
    attackKind === imported.kind ? imagesArtifactId : null,
  ];
  return isRandom(diagnosticsOf(other)) && one.predictions > other.predictions && isDeepStrictEqual(attack(one), attack(other));
}

/** Evaluations of other models on these examples, with what the target makes of their images. */
async function transferredTo(prisma: DatabaseClient, targetModelId: string, examples: Prisma.EvaluationWhereInput) {
  const rows = await prisma.evaluation.findMany({
    ...LAST_FIRST,
    where: { ...examples, ...ATTACKED, modelId: { not: targetModelId }, transferResults: { some: { targetModelId } } },
    include: { transferResults: { where: { targetModelId }, select: { outcomes: true } } },
  });
  return rows.map(({ transferResults: [result], ...evaluation }) => ({
    evaluation,
    outcomes: transferredOutcomes(unpackOutcomes(evaluation.outcomes!), unpackTarget(result!.outcomes)),
  }));
}

const validationError = (message: string) => new DomainError('VALIDATION', message, ['evaluationIds']);
