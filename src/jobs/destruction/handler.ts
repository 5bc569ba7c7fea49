/** Measures what transformations leave of the adversarial images of an evaluation. @module */
import { toLevels } from '../../compute/distances/index.js';
import { countDestroyed, type DestructionCounts, joinCounts, NOTHING_COUNTED } from '../../results/destruction.js';
import { unpackOutcomes } from '../../results/outcomes.js';
import { toJson, transformationsOf } from '../../storage/json.js';
import { imageReader } from '../../storage/images.js';
import { modelSource } from '../model/model-files.js';
import type { Range } from '../ranges.js';
import { shardSizeFor } from '../shard-size.js';
import type { JobHandler, PlannedPart } from '../types.js';

export const DESTRUCTION = 'destruction';

interface TransformedRange extends Range {
  /** Position of the transformation in the request. */
  readonly transformation: number;
}

export const destructionHandler: JobHandler<TransformedRange> = {
  kind: DESTRUCTION,
  lane: 'compute',

  async describe(prisma, jobId) {
    const { evaluation } = await prisma.destruction.findUniqueOrThrow({
      where: { jobId },
      include: { evaluation: { include: { model: true } } },
    });
    return `destruction rates of ${evaluation.attackKind} on ${evaluation.model.name}`;
  },

  async plan(context, { planned }) {
    if (planned > 0) return {};
    const row = await context.prisma.destruction.findUniqueOrThrow({
      where: { jobId: context.jobId },
      include: { evaluation: { include: { dataset: true } } },
    });
    const { sampleCount, dataset } = row.evaluation;
    const most = shardSizeFor(context, dataset.imageShape);
    const parts: PlannedPart<TransformedRange>[] = [];
    for (const transformation of transformationsOf(row).keys()) {
      for (let offset = 0; offset < sampleCount; offset += most) {
        const count = Math.min(most, sampleCount - offset);
        parts.push({ input: { transformation, offset, count }, units: count / sampleCount });
      }
    }
    return { parts };
  },

  async computePart(context, { transformation, offset, count }) {
    const { prisma, artifacts, jobId } = context;
    const { evaluation, ...row } = await prisma.destruction.findUniqueOrThrow({
      where: { jobId },
      include: { evaluation: { omit: { outcomes: false }, include: { model: true, dataset: true } } },
    });
    const { dataset } = evaluation;
    const size = dataset.imageShape.reduce((product, length) => product * length, 1);
    const read = await imageReader(prisma, artifacts, evaluation.imagesArtifactId!, size);
    const request = {
      model: await modelSource(context, evaluation.model, evaluation),
      dataset: await context.datasetSource(dataset),
      offset: evaluation.offset + offset,
      adversarial: toLevels((await read(offset, count))!),
      steps: transformationsOf(row)[transformation]!,
      seed: row.seed,
    };
    const predicted = await context.compute.predictTransformed(request, context.signal);
    return { details: countDestroyed(NOTHING_COUNTED, unpackOutcomes(evaluation.outcomes!), offset, predicted) };
  },

  async finish({ prisma, jobId }, parts) {
    const row = await prisma.destruction.findUniqueOrThrow({ where: { jobId } });
    const results = transformationsOf(row).map((_, transformation) =>
      joinCounts(
        parts
          .filter(({ input }) => (input as unknown as TransformedRange).transformation === transformation)
          .map(({ details }) => details as unknown as DestructionCounts),
      ),
    );
    return {
      write: async (tx) => {
        await tx.destruction.update({ where: { jobId }, data: { results: toJson(results), finishedAt: new Date() } });
        return [];
      },
    };
  },

  async discard(tx, jobId) {
    await tx.destruction.updateMany({ where: { jobId }, data: { finishedAt: new Date() } });
    return [];
  },
};
