/** The parts of an evaluation: ranges of its examples. @module */
import { imported, type ShardResult } from '../../compute/evaluation/index.js';
import type { ModelSource } from '../../compute/models/index.js';
import { type ParameterValues, validateParameters } from '../../compute/parameters/index.js';
import type { AttackedRequest, ImportedRequest } from '../../compute/host/index.js';
import { bitDepthOf, levelTypeOf, sizeOf } from '../../compute/tensors/index.js';
import { packOutcomes } from '../../results/outcomes.js';
import { bytesOfImages, imageReader, imagesDescription } from '../../storage/images.js';
import type { Dataset, Evaluation, Prisma } from '../../storage/generated/client.js';
import { parametersOf } from '../../storage/json.js';
import { sourceRowIds } from '../../storage/source-models.js';
import { modelSource } from '../model/model-files.js';
import { isLarge } from '../lanes.js';
import { planRanges, type Range } from '../ranges.js';
import { MULTIPLE, shardSizeFor } from '../shard-size.js';
import { countWorkers } from '../workers.js';
import { type JobContext, JobFailed, type PartResult, type PartSummary, type Plan } from '../types.js';

export interface ImageRange extends Range {
  /** Whatever the evaluation says of it. */
  readonly keepImages?: boolean;
}

/** What a part keeps beside its outcomes. */
export type PartDetails = Pick<ShardResult, 'count' | 'seconds' | 'phases' | 'engine' | 'budgetViolations' | 'diagnostics' | 'stages'> &
  // Parts that were computed before it was kept do not have it.
  Partial<Pick<ShardResult, 'classBins'>>;

/** Images of the first part. */
const FIRST = 16;
/** What is imported is not attacked, and needs no timing. */
const NO_TIMING = Infinity;

export async function planImages(
  context: JobContext,
  parts: readonly PartSummary[],
  where: Prisma.EvaluationWhereUniqueInput,
): Promise<Plan<ImageRange>> {
  const { attackKind, offset, sampleCount, dataset, model } = await context.prisma.evaluation.findUniqueOrThrow({
    where,
    include: { dataset: true, model: true },
  });
  const most = shardSizeFor(context, dataset.imageShape);
  const first = attackKind === imported.kind ? NO_TIMING : FIRST;
  const { partSeconds } = context;
  const workers = await countWorkers(context.prisma);
  const range = { offset, count: sampleCount, most, first, multiple: MULTIPLE, partSeconds, workers };
  return { ...planRanges(parts, range), gainsByGpu: isLarge(model) };
}

export async function computeImages(
  context: JobContext,
  { offset, count, keepImages }: ImageRange,
  where: Prisma.EvaluationWhereUniqueInput,
): Promise<PartResult> {
  const evaluation = await context.prisma.evaluation.findUniqueOrThrow({ where, include: { model: true, dataset: true } });
  const request = {
    model: await modelSource(context, evaluation.model, evaluation),
    dataset: await context.datasetSource(evaluation.dataset),
    keepImages: keepImages ?? evaluation.keepImages,
    judging: evaluation.judging,
    predictions: evaluation.predictions,
    evaluation: evaluation.id,
    offset,
    count,
    ...(await imagesFor(context, evaluation, offset, count)),
  };
  const { images, passes, engine, seconds, phases, budgetViolations, diagnostics, stages, classBins, ...outcomes } =
    await context.compute.evaluateShard(request, context.signal, context.report);
  const details: PartDetails = { count, seconds, phases, engine, budgetViolations, diagnostics, stages, classBins };
  return {
    passes,
    details,
    bytes: packOutcomes(outcomes),
    artifact: images && {
      bytes: () => [bytesOfImages(images)],
      description: imagesDescription(bitDepthOf(levelTypeOf(images)), evaluation.dataset.imageShape),
    },
  };
}

/** The attack, or the images that were imported, of `count` examples from `offset` on. */
async function imagesFor(
  context: JobContext,
  evaluation: Pick<Evaluation, 'attackKind' | 'parameters' | 'seed' | 'offset' | 'imagesArtifactId'> & { dataset: Dataset },
  offset: number,
  count: number,
): Promise<Pick<AttackedRequest, 'attack' | 'seed' | 'start' | 'sources'> | Pick<ImportedRequest, 'imported'>> {
  const { attackKind: kind, seed, dataset, imagesArtifactId } = evaluation;
  const parameters = parametersOf(evaluation);
  if (kind !== imported.kind) {
    return { attack: { kind, parameters }, seed, start: evaluation.offset, sources: await sourcesOf(context, parameters) };
  }
  const size = sizeOf(dataset.imageShape);
  const read = await imageReader(context.prisma, context.artifacts, imagesArtifactId!, size);
  const images = (await read(offset - evaluation.offset, count))!;
  return { imported: { images, budget: imported.budget(validateParameters(imported, parameters), dataset.imageShape) } };
}

/** The models that an attack's parameters name, in their order. @throws JobFailed where one has been deleted. */
async function sourcesOf(context: JobContext, parameters: ParameterValues): Promise<ModelSource[] | undefined> {
  const ids = sourceRowIds(parameters);
  if (ids.length === 0) return undefined;
  const rows = await context.prisma.model.findMany({ where: { id: { in: ids.filter((id) => id !== undefined) } } });
  return Promise.all(
    ids.map((id) => {
      const model = rows.find((row) => row.id === id);
      if (!model) throw new JobFailed('SOURCE_MODEL_DELETED', 'A source model of the attack has been deleted. Start it with other models.');
      return modelSource(context, model);
    }),
  );
}
