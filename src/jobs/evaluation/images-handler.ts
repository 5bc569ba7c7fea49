/**
 * Makes the adversarial images of an evaluation that was started without them. What is not stored has to be computed again: the attack runs once more, for the
 * same row, which has its numbers all the while. They are replaced together with the images, so that they are always those of the images that are stored.
 * @module
 */
import { JobFailed, type JobHandler } from '../types.js';
import { isFinished } from '../watcher.js';
import { completion } from './completion.js';
import { describeEvaluation } from './describe.js';
import { computeImages, planImages, type ImageRange } from './parts.js';

export const IMAGES = 'images';

export const imagesHandler: JobHandler<ImageRange> = {
  kind: IMAGES,
  lane: 'compute',

  describe: async (prisma, jobId) => `images of ${await describeEvaluation(prisma, { imagesJobId: jobId })}`,

  async plan(context, _job, parts) {
    const where = { imagesJobId: context.jobId };
    const { job: requested } = await context.prisma.evaluation.findUniqueOrThrow({ where, select: { job: true } });
    if (!isFinished(requested)) return { waitFor: [requested.id] };
    if (requested.state !== 'SUCCEEDED') {
      throw new JobFailed(
        'EVALUATION_FAILED',
        `The evaluation has no results (${requested.error ?? 'its job was cancelled'}). Start it again.`,
      );
    }
    return planImages(context, parts, where);
  },

  computePart: (context, range) => computeImages(context, { ...range, keepImages: true }, { imagesJobId: context.jobId }),

  finish: (context, parts, job) => completion(context, parts, job, { imagesJobId: context.jobId }),

  /** The numbers stay. */
  async discard(tx, jobId) {
    await tx.evaluation.updateMany({ where: { imagesJobId: jobId }, data: { imagesJobId: null } });
    return [];
  },
};
