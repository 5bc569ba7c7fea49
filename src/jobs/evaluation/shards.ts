/** The parts of an evaluation. A shard that is committed is never computed again. @module */
import { imported, type ShardResult } from '../../compute/evaluation/index.js';
import type { ModelSource } from '../../compute/models/index.js';
import { type ParameterValues, validateParameters } from '../../compute/parameters/index.js';
import type { AttackedRequest, ImportedRequest } from '../../compute/host/index.js';
import { packOutcomes } from '../../results/outcomes.js';
import { withArtifact } from '../../storage/artifact-rows.js';
import { bytesOfImages, imageReader, imagesDescription } from '../../storage/images.js';
import type { Transaction } from '../../storage/database.js';
import type { Dataset, Evaluation, Model } from '../../storage/generated/client.js';
import { parametersOf, toJson } from '../../storage/json.js';
import { sourceRowIds } from '../../storage/source-models.js';
import { modelSource } from '../model/model-files.js';
import { shardSizeFor } from '../shard-size.js';
import { type DroppedArtifacts, type JobContext, JobFailed } from '../types.js';

type EvaluationToCompute = Omit<Evaluation, 'outcomes' | 'cleanRight' | 'adversarialRight'> & { model: Model; dataset: Dataset };

/** Computes and commits the shards that are missing. */
export async function computeShards(context: JobContext, evaluation: EvaluationToCompute): Promise<void> {
  const finished = await context.prisma.evaluationShard.findMany({
    where: { evaluationId: evaluation.id },
    select: { offset: true, count: true },
  });
  const doneUntil = new Map(finished.map((shard) => [shard.offset, shard.offset + shard.count]));
  const shared = {
    model: await modelSource(context, evaluation.model),
    dataset: context.datasetSource(evaluation.dataset),
    keepImages: evaluation.keepImages,
    judging: evaluation.judging,
    predictions: evaluation.predictions,
  };
  const end = evaluation.offset + evaluation.sampleCount;
  const most = shardSizeFor(context, evaluation.dataset.imageShape);
  for (let offset = evaluation.offset; offset < end;) {
    const known = doneUntil.get(offset);
    if (known !== undefined) {
      offset = known;
      continue;
    }
    context.signal.throwIfAborted();
    // Up to the next shard that is there: an earlier run may have used another shard size.
    const next = Math.min(end, offset + most, ...[...doneUntil.keys()].filter((start) => start > offset));
    const request = { ...shared, offset, count: next - offset, ...(await imagesFor(context, evaluation, offset, next)) };
    const result = await context.compute.evaluateShard(request, context.signal);
    await store(context, evaluation, offset, result);
    offset = next;
  }
}

/** @returns the images that they kept. */
export async function dropShards(tx: Transaction, evaluationId: string): Promise<DroppedArtifacts> {
  const shards = await tx.evaluationShard.findMany({ where: { evaluationId }, select: { imagesArtifactId: true } });
  await tx.evaluationShard.deleteMany({ where: { evaluationId } });
  return shards.map((shard) => shard.imagesArtifactId);
}

/** The attack, or the images that were imported, of the examples from `offset` to before `end`. */
async function imagesFor(
  context: JobContext,
  evaluation: Pick<Evaluation, 'attackKind' | 'parameters' | 'seed' | 'offset' | 'imagesArtifactId'> & { dataset: Dataset },
  offset: number,
  end: number,
): Promise<Pick<AttackedRequest, 'attack' | 'seed' | 'start' | 'sources'> | Pick<ImportedRequest, 'imported'>> {
  const { attackKind: kind, seed, dataset, imagesArtifactId } = evaluation;
  const parameters = parametersOf(evaluation);
  if (kind !== imported.kind) {
    return { attack: { kind, parameters }, seed, start: evaluation.offset, sources: await sourcesOf(context, parameters) };
  }
  const size = dataset.imageShape.reduce((product, length) => product * length, 1);
  const read = await imageReader(context.prisma, context.artifacts, imagesArtifactId!, size);
  const images = (await read(offset - evaluation.offset, end - offset))!;
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

/** Commits a shard, with its images where they are kept. */
async function store(context: JobContext, evaluation: EvaluationToCompute, offset: number, result: ShardResult): Promise<void> {
  const commit = (imagesArtifactId?: string) =>
    context.step(offset + result.count - evaluation.offset, async (tx) => {
      await tx.evaluationShard.create({
        data: {
          evaluationId: evaluation.id,
          offset,
          count: result.count,
          seconds: result.seconds,
          engine: toJson(result.engine),
          budgetViolations: result.budgetViolations,
          diagnostics: toJson(result.diagnostics),
          stages: result.stages && toJson(result.stages),
          outcomes: packOutcomes(result),
          imagesArtifactId,
        },
      });
    });
  const { images } = result;
  if (!images) return commit();
  const description = imagesDescription(images instanceof Float32Array, evaluation.dataset.imageShape);
  await withArtifact(context.prisma, context.artifacts, () => [bytesOfImages(images)], description, commit);
}
