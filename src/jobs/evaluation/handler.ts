/**
 * Runs one model under one attack, shard by shard. A shard that is committed is never computed again.
 * @module
 */
import type { ModelSpec } from '../../compute/models/types.js';
import type { ParameterValues } from '../../compute/attacks/types.js';
import type { ShardRequest, ShardResult } from '../../compute/host/types.js';
import type { Prisma } from '../../storage/generated/client.js';
import { packOutcomes } from '../../results/outcomes.js';
import type { JobContext, JobHandler } from '../types.js';
import { completion } from './completion.js';
import { recordArtifact } from '../../storage/artifact-rows.js';

export const EVALUATION = 'evaluation';

export const evaluationHandler: JobHandler = {
  kind: EVALUATION,

  async describe(prisma, jobId) {
    const { attackKind, epsilon, model } = await prisma.evaluation.findUniqueOrThrow({ where: { jobId }, include: { model: true } });
    return `${attackKind} with ε = ${Number(epsilon.toPrecision(3))} on ${model.name}`;
  },

  async run(context) {
    const { prisma, jobId } = context;
    const evaluation = await prisma.evaluation.findUniqueOrThrow({ where: { jobId }, include: { model: true, dataset: true } });
    const finished = await prisma.evaluationShard.findMany({
      where: { evaluationId: evaluation.id },
      select: { offset: true, count: true },
    });
    const doneUntil = new Map(finished.map((shard) => [shard.offset, shard.offset + shard.count]));
    const request: Omit<ShardRequest, 'offset' | 'count'> = {
      model: {
        format: evaluation.model.format,
        directory: await context.modelFolders.open(evaluation.model.artifactId),
        spec: evaluation.model.spec as unknown as ModelSpec,
      },
      dataset: context.datasetSource(evaluation.dataset),
      attack: { kind: evaluation.attackKind, parameters: evaluation.parameters as ParameterValues },
      seed: evaluation.seed,
      keepImages: evaluation.keepImages,
    };
    const end = evaluation.offset + evaluation.sampleCount;
    for (let offset = evaluation.offset; offset < end;) {
      const known = doneUntil.get(offset);
      if (known !== undefined) {
        offset = known;
        continue;
      }
      context.signal.throwIfAborted();
      // Up to the next shard that is there: an earlier run may have used another shard size.
      const next = Math.min(end, offset + context.shardSize, ...[...doneUntil.keys()].filter((start) => start > offset));
      const result = await context.compute.evaluateShard({ ...request, offset, count: next - offset }, context.signal);
      await store(context, evaluation.id, evaluation.dataset.imageShape, evaluation.offset, offset, result);
      offset = next;
    }
    return completion(context, evaluation);
  },

  async discard(tx, jobId) {
    const evaluation = await tx.evaluation.findUnique({ where: { jobId }, select: { id: true } });
    if (!evaluation) return [];
    const shards = await tx.evaluationShard.findMany({ where: { evaluationId: evaluation.id }, select: { imagesArtifactId: true } });
    await tx.evaluationShard.deleteMany({ where: { evaluationId: evaluation.id } });
    await tx.evaluation.update({ where: { id: evaluation.id }, data: { activeRequestHash: null, finishedAt: new Date() } });
    return shards.map((shard) => shard.imagesArtifactId);
  },
};

async function store(
  context: JobContext,
  evaluationId: string,
  imageShape: number[],
  firstOffset: number,
  offset: number,
  result: ShardResult,
): Promise<void> {
  const images = result.images && (await context.artifacts.put([result.images]));
  await context.step(offset + result.count - firstOffset, async (tx) => {
    if (images) await recordArtifact(tx, { ...images, mediaType: 'application/octet-stream', imageShape });
    await tx.evaluationShard.create({
      data: {
        evaluationId,
        offset,
        count: result.count,
        seconds: result.seconds,
        engine: result.engine as unknown as Prisma.InputJsonObject,
        budgetViolations: result.budgetViolations,
        outcomes: packOutcomes(result),
        imagesArtifactId: images?.id,
      },
    });
  });
}
