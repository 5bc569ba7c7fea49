/** One target, and what it makes of stored adversarial images. @module */
import { bitsOf, staysRight, unpackOutcomes } from '../../results/outcomes.js';
import { countTransfer, joinPredictions, packTarget, type TargetOutcomes, transferredOutcomes } from '../../results/transfer.js';
import type { Dataset, Evaluation, Model, Prisma, Transfer } from '../../storage/generated/client.js';
import { imageReader } from '../../storage/images.js';
import { modelSource } from '../model/model-files.js';
import { shardSizeFor } from '../shard-size.js';
import type { JobContext } from '../types.js';

type Range = Pick<Transfer, 'offset' | 'sampleCount'> & { dataset: Dataset };
type EvaluatedImages = Pick<Evaluation, 'id' | 'imagesArtifactId'>;

/** @returns a function that evaluates the target on the images of an evaluation. The original images are predicted once for all. */
export async function transferEvaluator(context: JobContext, { dataset, offset, sampleCount }: Range, target: Model) {
  const model = await modelSource(context, target);
  const most = shardSizeFor(context, dataset.imageShape);
  const examples = context.datasetSource(dataset);
  const size = dataset.imageShape.reduce((product, length) => product * length, 1);

  const predict = async (imagesArtifactId?: string) => {
    const shards = [];
    const read = imagesArtifactId === undefined ? undefined : await imageReader(context.prisma, context.artifacts, imagesArtifactId, size);
    for (let from = 0; from < sampleCount; from += most) {
      context.signal.throwIfAborted();
      const count = Math.min(most, sampleCount - from);
      const images = await read?.(from, count);
      const request = { model, dataset: examples, offset: offset + from, count, ...(images && { images }) };
      shards.push(await context.compute.predictImages(request, context.signal));
    }
    return joinPredictions(shards);
  };

  let clean: ReturnType<typeof predict> | undefined;
  return async ({ id, imagesArtifactId }: EvaluatedImages): Promise<Prisma.TransferResultCreateManyInput> => {
    const original = await (clean ??= predict());
    const adversarial = await predict(imagesArtifactId!);
    const { outcomes } = await context.prisma.evaluation.findUniqueOrThrow({ where: { id }, select: { outcomes: true } });
    const source = unpackOutcomes(outcomes!);
    const targetOutcomes: TargetOutcomes = {
      count: sampleCount,
      cleanPrediction: original.prediction,
      adversarialPrediction: adversarial.prediction,
      cleanTop5: original.top5,
      adversarialTop5: adversarial.top5,
    };
    return {
      evaluationId: id,
      targetModelId: target.id,
      ...countTransfer(source, targetOutcomes),
      outcomes: packTarget(targetOutcomes),
      adversarialRight: bitsOf(transferredOutcomes(source, targetOutcomes), staysRight),
    };
  };
}
