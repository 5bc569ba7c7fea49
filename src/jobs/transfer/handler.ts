/** Evaluates other models on adversarial images of evaluations, pair by pair. A pair that has a result, whoever requested it, is not evaluated again. @module */
import { ComputeError } from '../../compute/errors.js';
import type { Evaluation, Job } from '../../storage/generated/client.js';
import { compareWithOthers } from '../evaluation/compare-with-others.js';
import { JobFailed, type JobHandler } from '../types.js';
import { jobsSettled } from '../wait.js';
import { transferEvaluator } from './transfer-evaluator.js';

export const TRANSFER = 'transfer';

/** Reasons that the job's message names; the rest are counted. */
const MOST_NAMED = 3;

export const transferHandler: JobHandler = {
  kind: TRANSFER,

  async describe(prisma, jobId) {
    const { _count } = await prisma.transfer.findUniqueOrThrow({
      where: { jobId },
      select: { _count: { select: { evaluations: true, targets: true } } },
    });
    return `transfer of ${_count.evaluations} attacks to ${_count.targets} models`;
  },

  async run(context) {
    const { prisma, jobId } = context;
    const awaited = await prisma.evaluation.findMany({
      where: { transfers: { some: { jobId } } },
      select: { id: true, jobId: true, imagesJobId: true },
    });
    const jobOf = new Map(awaited.map((evaluation) => [evaluation.id, evaluation.imagesJobId ?? evaluation.jobId]));
    const ended = new Map((await jobsSettled(context, [...jobOf.values()])).map((job) => [job.id, job]));
    const transfer = await prisma.transfer.findUniqueOrThrow({
      where: { jobId },
      include: {
        targets: { orderBy: { id: 'asc' } },
        evaluations: { include: { job: true, model: true }, orderBy: { id: 'asc' } },
        dataset: true,
      },
    });
    const { evaluations, targets } = transfer;
    const finished = await prisma.transferResult.findMany({
      where: { evaluation: { transfers: { some: { jobId } } }, target: { transfers: { some: { jobId } } } },
      select: { evaluationId: true, targetModelId: true },
    });
    const known = new Set(finished.map(({ evaluationId, targetModelId }) => `${evaluationId} ${targetModelId}`));
    let done = known.size;
    const failures: string[] = [];
    for (const { id, attackKind, model } of evaluations.filter((evaluation) => !hasImages(evaluation))) {
      const job = ended.get(jobOf.get(id)!);
      failures.push(`${attackKind} on "${model.name}" made no images (${job?.error ?? job?.state.toLowerCase() ?? 'deleted'})`);
    }
    for (const target of targets) {
      const evaluateTransfer = await transferEvaluator(context, transfer, target);
      for (const evaluation of evaluations) {
        if (!hasImages(evaluation) || known.has(`${evaluation.id} ${target.id}`)) continue;
        context.signal.throwIfAborted();
        try {
          const result = await evaluateTransfer(evaluation);
          await context.step(++done, async (tx) => {
            await tx.transferResult.createMany({ data: result, skipDuplicates: true });
          });
        } catch (error) {
          if (!isVerdict(error)) throw error;
          failures.push(`"${target.name}" evaluated no images (${error.message})`);
          break;
        }
      }
    }
    for (const { id } of targets) await prisma.$transaction((tx) => compareWithOthers(tx, { ...transfer, modelId: id, predictions: 1 }));
    if (failures.length > 0) throw incomplete(evaluations.length * targets.length - done, failures);
    return {
      write: async (tx) => {
        await tx.transfer.update({ where: { jobId }, data: { finishedAt: new Date() } });
        return [];
      },
    };
  },

  /** Results of finished pairs stay: they are valid, and other transfers may use them. */
  async discard(tx, jobId) {
    await tx.transfer.updateMany({ where: { jobId }, data: { finishedAt: new Date() } });
    return [];
  },
};

const hasImages = ({ job, imagesArtifactId }: { job: Job } & Pick<Evaluation, 'imagesArtifactId'>) =>
  job.state === 'SUCCEEDED' && imagesArtifactId !== null;

/** Whether trying again would not help. */
const isVerdict = (error: unknown): error is ComputeError =>
  error instanceof ComputeError && error.code !== 'INTERNAL' && error.code !== 'CANCELLED';

function incomplete(pairs: number, failures: readonly string[]): JobFailed {
  const named = failures.slice(0, MOST_NAMED).join('; ');
  const more = failures.length > MOST_NAMED ? `; and ${failures.length - MOST_NAMED} more` : '';
  return new JobFailed(
    'INCOMPLETE',
    `${pairs} pairs of an attack and a target have no result: ${named}${more}. The other results are stored.`,
  );
}
