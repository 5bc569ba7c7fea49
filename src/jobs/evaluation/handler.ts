/** Runs one model under one attack. @module */
import type { JobHandler } from '../types.js';
import { completion } from './completion.js';
import { describeEvaluation } from './describe.js';
import { computeImages, planImages, type ImageRange } from './parts.js';

export const EVALUATION = 'evaluation';

export const evaluationHandler: JobHandler<ImageRange> = {
  kind: EVALUATION,
  lane: 'compute',

  describe: (prisma, jobId) => describeEvaluation(prisma, { jobId }),

  plan: (context, _job, parts) => planImages(context, parts, { jobId: context.jobId }),

  computePart: (context, range) => computeImages(context, range, { jobId: context.jobId }),

  finish: (context, parts, job) => completion(context, parts, job, { jobId: context.jobId }),

  async discard(tx, jobId) {
    await tx.evaluation.updateMany({ where: { jobId }, data: { finishedAt: new Date() } });
    return [];
  },
};
