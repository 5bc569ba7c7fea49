/** One target, and what it makes of stored adversarial images. @module */
import { packTarget } from '../../results/transfer.js';
import { sizeOf } from '../../compute/tensors/index.js';
import { imageReader } from '../../storage/images.js';
import { modelSource } from '../model/model-files.js';
import type { JobContext, PartResult } from '../types.js';
import type { TargetRange } from './parts.js';

/** The original images are predicted once for all evaluations. @returns TargetOutcomes of each evaluation, packed one after the other. */
export async function predictOnTarget(context: JobContext, { targetId, evaluationIds, offset, count }: TargetRange): Promise<PartResult> {
  const { prisma, artifacts, compute, jobId, signal } = context;
  const transfer = await prisma.transfer.findUniqueOrThrow({ where: { jobId }, include: { dataset: true } });
  const request = {
    model: await modelSource(context, await prisma.model.findUniqueOrThrow({ where: { id: targetId } })),
    dataset: await context.datasetSource(transfer.dataset),
    offset: transfer.offset + offset,
    count,
  };
  const evaluations = await prisma.evaluation.findMany({
    where: { id: { in: [...evaluationIds] } },
    select: { id: true, imagesArtifactId: true },
  });
  const imagesOf = new Map(evaluations.map(({ id, imagesArtifactId }) => [id, imagesArtifactId]));
  const original = await compute.predictImages(request, signal);
  const packed: Uint8Array[] = [];
  for (const id of evaluationIds) {
    signal.throwIfAborted();
    const read = await imageReader(prisma, artifacts, imagesOf.get(id)!, sizeOf(transfer.dataset.imageShape));
    const images = (await read(offset, count))!;
    const adversarial = await compute.predictImages({ ...request, images }, signal);
    packed.push(
      packTarget({
        count,
        cleanPrediction: original.prediction,
        adversarialPrediction: adversarial.prediction,
        cleanTop5: original.top5,
        adversarialTop5: adversarial.top5,
      }),
    );
  }
  return { bytes: Buffer.concat(packed) };
}
