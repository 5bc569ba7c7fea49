/** Runs one model under one attack, shard by shard. @module */
import type { JobHandler } from '../types.js';
import { EvaluationClock } from './clock.js';
import { completion } from './completion.js';
import { describeEvaluation } from './describe.js';
import { computeShards, dropShards } from './shards.js';

export const EVALUATION = 'evaluation';

export const evaluationHandler: JobHandler = {
  kind: EVALUATION,

  describe: (prisma, jobId) => describeEvaluation(prisma, { jobId }),

  async run(context) {
    const { prisma, jobId } = context;
    const clock = new EvaluationClock();
    const evaluation = await prisma.evaluation.findUniqueOrThrow({ where: { jobId }, include: { model: true, dataset: true } });
    await computeShards(context, evaluation, clock);
    return completion(context, evaluation, clock);
  },

  async discard(tx, jobId) {
    const evaluation = await tx.evaluation.findUnique({ where: { jobId }, select: { id: true } });
    if (!evaluation) return [];
    await tx.evaluation.update({ where: { id: evaluation.id }, data: { finishedAt: new Date() } });
    return dropShards(tx, evaluation.id);
  },
};
