/** Measures what transformations leave of the adversarial images of an evaluation, one transformation after the other. @module */
import type { TransformationStep } from '../../compute/data/index.js';
import { toLevels } from '../../compute/distances/index.js';
import { countDestroyed, type DestructionCounts, NOTHING_COUNTED } from '../../results/destruction.js';
import { unpackOutcomes } from '../../results/outcomes.js';
import type { Destruction } from '../../storage/generated/client.js';
import { resultsOf, toJson, transformationsOf } from '../../storage/json.js';
import { imageReader } from '../../storage/images.js';
import { modelSource } from '../model/model-files.js';
import { shardSizeFor } from '../shard-size.js';
import type { JobContext, JobHandler } from '../types.js';

export const DESTRUCTION = 'destruction';

export const destructionHandler: JobHandler = {
  kind: DESTRUCTION,

  async describe(prisma, jobId) {
    const { evaluation } = await prisma.destruction.findUniqueOrThrow({
      where: { jobId },
      include: { evaluation: { include: { model: true } } },
    });
    return `destruction rates of ${evaluation.attackKind} on ${evaluation.model.name}`;
  },

  async run(context) {
    const { prisma, jobId } = context;
    const destruction = await prisma.destruction.findUniqueOrThrow({ where: { jobId } });
    const results = resultsOf(destruction);
    const measure = await measurement(context, destruction);
    for (const steps of transformationsOf(destruction).slice(results.length)) {
      results.push(await measure(steps));
      await context.step(results.length, async (tx) => {
        await tx.destruction.update({ where: { jobId }, data: { results: toJson(results) } });
      });
    }
    return {
      write: async (tx) => {
        await tx.destruction.update({ where: { jobId }, data: { finishedAt: new Date() } });
        return [];
      },
    };
  },

  async discard(tx, jobId) {
    await tx.destruction.updateMany({ where: { jobId }, data: { results: [], finishedAt: new Date() } });
    return [];
  },
};

async function measurement(context: JobContext, { evaluationId, seed }: Destruction) {
  const evaluation = await context.prisma.evaluation.findUniqueOrThrow({
    where: { id: evaluationId },
    omit: { outcomes: false },
    include: { model: true, dataset: true },
  });
  const outcomes = unpackOutcomes(evaluation.outcomes!);
  const size = evaluation.dataset.imageShape.reduce((product, length) => product * length, 1);
  const model = await modelSource(context, evaluation.model);
  const most = shardSizeFor(context, evaluation.dataset.imageShape);
  const dataset = context.datasetSource(evaluation.dataset);
  const read = await imageReader(context.prisma, context.artifacts, evaluation.imagesArtifactId!, size);
  return async (steps: readonly TransformationStep[]): Promise<DestructionCounts> => {
    let counts = NOTHING_COUNTED;
    for (let from = 0; from < outcomes.count; from += most) {
      context.signal.throwIfAborted();
      const count = Math.min(most, outcomes.count - from);
      const adversarial = toLevels((await read(from, count))!);
      const request = { model, dataset, offset: evaluation.offset + from, adversarial, steps, seed };
      counts = countDestroyed(counts, outcomes, from, await context.compute.predictTransformed(request, context.signal));
    }
    return counts;
  };
}
