/** What an evaluation that has just finished says about others of the same model on the same examples, and they about it. @module */
import { corruption } from '../../compute/attacks/index.js';
import { imageSource, isRandom } from '../../compute/evaluation/index.js';
import { compareEvaluations } from '../../results/findings/comparisons.js';
import { comparisonChecks, transferChecks } from '../../results/findings/registry.js';
import type { ComparedEvaluation, Finding } from '../../results/findings/types.js';
import { mostGradients, staysRight, unpackOutcomes } from '../../results/outcomes.js';
import { transferredOutcomes, unpackTarget } from '../../results/transfer.js';
import type { Transaction } from '../../storage/database.js';
import type { Dataset, Evaluation, Model, Prisma, TransferResult } from '../../storage/generated/client.js';
import { diagnosticsOf, findingsOf, parametersOf, toJson } from '../../storage/json.js';
import { sourceRowIds } from '../../storage/source-models.js';

/** Those that finished last; each costs some fifty bytes an example while they are compared. */
const MOST = 50;

type Range = Pick<Evaluation, 'modelId' | 'datasetId' | 'offset' | 'sampleCount' | 'judging' | 'predictions' | 'classMap'> & {
  dataset: Pick<Dataset, 'imageShape'>;
};

/** Rewrites the findings of the evaluations that differ from what they were. Their outcomes must have been written. */
export async function compareWithOthers(
  tx: Transaction,
  { modelId, datasetId, offset, sampleCount, judging, predictions, classMap, dataset }: Range,
): Promise<void> {
  // Of two that finish at the same moment, one waits for the other to be there to be compared with.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`compare ${modelId} ${datasetId}`}, 0))`;
  const found = await tx.evaluation.findMany({
    where: {
      modelId,
      datasetId,
      offset,
      sampleCount,
      judging,
      classMap: { equals: classMap },
      outcomes: { not: null },
      attackKind: { not: corruption.kind },
    },
    select: { ...COMPARED, findings: true, predictions: true, diagnostics: true },
    orderBy: { finishedAt: 'desc' },
    take: MOST,
  });
  // One prediction of a random model may be right by chance where most of several are not.
  const fromRandom = found.some((row) => isRandom(diagnosticsOf(row)));
  const comparable = fromRandom ? found.filter((row) => row.predictions === predictions) : found;
  // Images of an ensemble tell of the model's gradients only where it is none of the sources.
  const ofEnsembles = comparable.filter((row) => sourceRowIds(parametersOf(row)).length > 0);
  const rows = comparable.filter((row) => !ofEnsembles.includes(row));
  const made = ofEnsembles.filter((row) => !sourceRowIds(parametersOf(row)).includes(modelId));
  const target = await tx.model.findUniqueOrThrow({ where: { id: modelId } });
  const transferred = await tx.transferResult.findMany({
    where: {
      targetModelId: modelId,
      evaluation: { datasetId, offset, sampleCount, judging, attackKind: { not: corruption.kind }, model: shownWith(target) },
    },
    select: { outcomes: true, evaluation: { select: COMPARED } },
    orderBy: { createdAt: 'desc' },
    // Targets of transfers are asked once, in classes of their own.
    take: (fromRandom && predictions > 1) || classMap.length > 0 ? 0 : MOST,
  });
  const compared = compareEvaluations(
    rows.map((row) => asCompared(row, dataset)),
    [...transferred.map((row) => asTransferred(row, dataset)), ...made.map((row) => asCompared(row, dataset))],
  );
  for (const row of rows) {
    const before = findingsOf(row)!;
    const after = [...before.filter(({ code }) => !CODES.has(code)), ...compared.get(row.id)!];
    if (isSame(before, after)) continue;
    await tx.evaluation.update({ where: { id: row.id }, data: { findings: toJson(after) } });
  }
}

/** What comparisons look at. */
const COMPARED = { id: true, attackKind: true, parameters: true, judging: true, outcomes: true } as const;

const CODES = new Set([...comparisonChecks, ...transferChecks].map(({ code }) => code));

/** Other models that everyone sees who sees this one: findings must not tell of the rest. */
const shownWith = ({ id, owner, visibility }: Model): Prisma.ModelWhereInput => ({
  id: { not: id },
  OR: [{ visibility: { not: 'PRIVATE' } }, ...(visibility === 'PRIVATE' ? [{ owner }] : [])],
});

function asCompared(
  row: Pick<Evaluation, 'id' | 'attackKind' | 'parameters' | 'judging' | 'outcomes'>,
  { imageShape }: Pick<Dataset, 'imageShape'>,
  outcomes = unpackOutcomes(row.outcomes!),
): ComparedEvaluation {
  const parameters = parametersOf(row);
  const attack = imageSource(row.attackKind, parameters);
  return {
    id: row.id,
    attack,
    parameters,
    budget: { ...attack.budget(parameters, imageShape), judging: row.judging },
    distances: outcomes,
    imageSize: imageShape.reduce((product, length) => product * length, 1),
    right: Uint8Array.from(outcomes.labels, (_, i) => (staysRight(outcomes, i) ? 1 : 0)),
    gradients: mostGradients(outcomes),
  };
}

type Transferred = Pick<TransferResult, 'outcomes'> & { evaluation: Parameters<typeof asCompared>[0] };

/** The source's evaluation, with what the target makes of its images. */
function asTransferred({ outcomes, evaluation }: Transferred, dataset: Pick<Dataset, 'imageShape'>): ComparedEvaluation {
  return asCompared(evaluation, dataset, transferredOutcomes(unpackOutcomes(evaluation.outcomes!), unpackTarget(outcomes)));
}

const isSame = (before: readonly Finding[], after: readonly Finding[]) =>
  before.length === after.length &&
  after.every(({ message, comparedWith }, i) => message === before[i]!.message && comparedWith === before[i]!.comparedWith);
