/** The parts of an evaluation. A shard that is committed is never computed again. @module */
import { imported, type ShardResult } from '../../compute/evaluation/index.js';
import type { ModelSource } from '../../compute/models/index.js';
import { type ParameterValues, validateParameters } from '../../compute/parameters/index.js';
import type { AttackedRequest, ImportedRequest } from '../../compute/host/index.js';
import { sizeOf } from '../../compute/tensors/index.js';
import { packOutcomes } from '../../results/outcomes.js';
import { withArtifact } from '../../storage/artifact-rows.js';
import { bytesOfImages, imageReader, imagesDescription } from '../../storage/images.js';
import type { Transaction } from '../../storage/database.js';
import type { Dataset, Evaluation, Model } from '../../storage/generated/client.js';
import { parametersOf, toJson } from '../../storage/json.js';
import { sourceRowIds } from '../../storage/source-models.js';
import { modelSource } from '../model/model-files.js';
import type { EvaluationClock } from './clock.js';
import { shardSizeFor } from '../shard-size.js';
import { type DroppedArtifacts, type JobContext, JobFailed } from '../types.js';

type EvaluationToCompute = Omit<Evaluation, 'outcomes' | 'cleanRight' | 'adversarialRight'> & { model: Model; dataset: Dataset };

/** Shards that are under way: one is attacked, the next has been read and waits for its turn, and that before is measured. */
const UNDER_WAY = 3;

/** Computes and commits the shards that are missing. While one is attacked, the next is read, and that before it is measured and stored. */
export async function computeShards(context: JobContext, evaluation: EvaluationToCompute, clock: EvaluationClock): Promise<void> {
  const shared = {
    model: await modelSource(context, evaluation.model),
    dataset: context.datasetSource(evaluation.dataset),
    keepImages: evaluation.keepImages,
    judging: evaluation.judging,
    predictions: evaluation.predictions,
    evaluation: evaluation.id,
  };
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const compute = async ({ offset, count }: Range) => {
    context.signal.throwIfAborted();
    const request = { ...shared, offset, count, ...(await imagesFor(context, evaluation, offset, offset + count)) };
    return context.compute.evaluateShard(request, signal);
  };
  const ranges = await missingRanges(context, evaluation);
  const waiting = ranges.values();
  const begun: Promise<ShardResult>[] = [];
  const begin = () => {
    const { value } = waiting.next();
    if (!value) return;
    const shard = compute(value);
    // Its failure is told when it is to be stored.
    shard.catch(() => undefined);
    begun.push(shard);
  };
  try {
    for (let i = 0; i < UNDER_WAY; i++) begin();
    for (const { offset } of ranges) {
      const result = await begun.shift()!;
      begin();
      await clock.storing(() => store(context, evaluation, offset, result, clock));
    }
  } finally {
    failed.abort();
    await Promise.allSettled(begun);
  }
}

interface Range {
  readonly offset: number;
  readonly count: number;
}

/** In order. An earlier run may have used another shard size. */
async function missingRanges(context: JobContext, { id, offset, sampleCount, dataset }: EvaluationToCompute): Promise<Range[]> {
  const finished = await context.prisma.evaluationShard.findMany({ where: { evaluationId: id }, select: { offset: true, count: true } });
  const doneUntil = new Map(finished.map((shard) => [shard.offset, shard.offset + shard.count]));
  const size = shardSizeFor(context, dataset.imageShape);
  const end = offset + sampleCount;
  const ranges: Range[] = [];
  for (let from = offset; from < end;) {
    const known = doneUntil.get(from);
    const next = known ?? Math.min(end, from + size, ...[...doneUntil.keys()].filter((start) => start > from));
    if (known === undefined) ranges.push({ offset: from, count: next - from });
    from = next;
  }
  return ranges;
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
  const size = sizeOf(dataset.imageShape);
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
async function store(
  context: JobContext,
  evaluation: EvaluationToCompute,
  offset: number,
  result: ShardResult,
  clock: EvaluationClock,
): Promise<void> {
  const phases = { ...result.phases, ...clock.lap() };
  const commit = (imagesArtifactId?: string) =>
    context.step(offset + result.count - evaluation.offset, async (tx) => {
      await tx.evaluationShard.create({
        data: {
          evaluationId: evaluation.id,
          offset,
          count: result.count,
          seconds: result.seconds,
          phases: toJson(phases),
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
