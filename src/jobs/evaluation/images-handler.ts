/**
 * Makes the adversarial images of an evaluation that was started without them. What is not stored has to be computed again: the attack runs once more, into the
 * same row, which has its numbers all the while. They are replaced together with the images, so that they are always those of the images that are stored.
 * @module
 */
import { JobFailed, type JobHandler } from '../types.js';
import { jobsSettled } from '../wait.js';
import { EvaluationClock } from './clock.js';
import { completion } from './completion.js';
import { describeEvaluation } from './describe.js';
import { computeShards, dropShards } from './shards.js';

export const IMAGES = 'images';

export const imagesHandler: JobHandler = {
  kind: IMAGES,

  describe: async (prisma, jobId) => `images of ${await describeEvaluation(prisma, { imagesJobId: jobId })}`,

  async run(context) {
    const { prisma, jobId } = context;
    const requested = await prisma.evaluation.findUniqueOrThrow({ where: { imagesJobId: jobId }, select: { jobId: true } });
    // Its shards are without images.
    const [first] = await jobsSettled(context, [requested.jobId]);
    if (first?.state !== 'SUCCEEDED') {
      throw new JobFailed(
        'EVALUATION_FAILED',
        `The evaluation has no results (${first?.error ?? 'its job was cancelled'}). Start it again.`,
      );
    }
    const clock = new EvaluationClock();
    const row = await prisma.evaluation.findUniqueOrThrow({ where: { imagesJobId: jobId }, include: { model: true, dataset: true } });
    const evaluation = { ...row, keepImages: true };
    await computeShards(context, evaluation, clock);
    return completion(context, evaluation, clock);
  },

  /** The numbers stay. */
  async discard(tx, jobId) {
    const evaluation = await tx.evaluation.findUnique({
      where: { imagesJobId: jobId },
      select: { id: true, job: { select: { state: true } } },
    });
    if (!evaluation) return [];
    await tx.evaluation.update({ where: { id: evaluation.id }, data: { imagesJobId: null } });
    return evaluation.job.state === 'SUCCEEDED' ? dropShards(tx, evaluation.id) : [];
  },
};
