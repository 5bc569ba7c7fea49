/** Evaluates other models on adversarial images of evaluations. A pair that has a result, whoever requested it, is not evaluated again. @module */
import { isServerAway } from '../../compute/models/index.js';
import type { Evaluation, Job, JobPart } from '../../storage/generated/client.js';
import { compareWithOthers } from '../evaluation/compare-with-others.js';
import { IMAGES } from '../evaluation/images-handler.js';
import { isLarge } from '../lanes.js';
import { shardSizeFor } from '../shard-size.js';
import { isComputeVerdict, type JobContext, JobFailed, type JobHandler, type PlannedPart } from '../types.js';
import { isFinished } from '../watcher.js';
import type { TargetFailure, TargetRange } from './parts.js';
import { predictOnTarget } from './predict-on-target.js';
import { transferResults } from './results.js';

export const TRANSFER = 'transfer';

/** Reasons that the job's message names; the rest are counted. */
const MOST_NAMED = 3;

export const transferHandler: JobHandler<TargetRange> = {
  kind: TRANSFER,
  lane: 'compute',

  async describe(prisma, jobId) {
    const { _count } = await prisma.transfer.findUniqueOrThrow({
      where: { jobId },
      select: { _count: { select: { evaluations: true, targets: true } } },
    });
    return `transfer of ${_count.evaluations} attacks to ${_count.targets} models`;
  },

  async plan(context, { planned }) {
    const { evaluations, targets, dataset, sampleCount } = await transferOf(context);
    const makers = evaluations.map(makerOf).filter((job) => !isFinished(job));
    if (makers.length > 0) return { waitFor: makers.map(({ id }) => id) };
    if (planned > 0) return {};
    const known = await knownPairs(context);
    const most = shardSizeFor(context, dataset.imageShape);
    const parts: PlannedPart<TargetRange>[] = [];
    for (const { id: targetId } of targets) {
      const missing = evaluations.filter((evaluation) => hasImages(evaluation) && !known.has(`${evaluation.id} ${targetId}`));
      const evaluationIds = missing.map(({ id }) => id);
      if (evaluationIds.length === 0) continue;
      for (let offset = 0; offset < sampleCount; offset += most) {
        const count = Math.min(most, sampleCount - offset);
        parts.push({ input: { targetId, evaluationIds, offset, count }, units: (evaluationIds.length * count) / sampleCount });
      }
    }
    return { parts, done: known.size, gainsByGpu: targets.some(isLarge) };
  },

  /** A verdict on one target is none on the others. */
  async computePart(context, input) {
    try {
      return await predictOnTarget(context, input);
    } catch (error) {
      if (!isComputeVerdict(error) || isServerAway(error) || context.signal.aborted) throw error;
      const details: TargetFailure = { failure: error.message };
      return { details };
    }
  },

  async finish(context, parts) {
    const { prisma, jobId } = context;
    const transfer = await transferOf(context);
    const { evaluations, targets } = transfer;
    const failures: string[] = [];
    const imageless = evaluations.filter((evaluation) => !hasImages(evaluation));
    const ended = imageless.length > 0 ? await unsuccessfulImages(context) : '';
    for (const { attackKind, model, job } of imageless) {
      const reason = job.state === 'SUCCEEDED' ? ended : (job.error ?? job.state.toLowerCase());
      failures.push(`${attackKind} on "${model.name}" made no images (${reason})`);
    }
    for (const { id, name } of targets) {
      const own = parts.filter(({ input }) => (input as unknown as TargetRange).targetId === id);
      const failure = own.map(failureOf).find((message) => message !== undefined);
      if (failure !== undefined) failures.push(`"${name}" evaluated no images (${failure})`);
      else if (own.length > 0) {
        const data = await transferResults(prisma, own);
        await prisma.transferResult.createMany({ data, skipDuplicates: true });
      }
    }
    for (const { id } of targets)
      await prisma.$transaction((tx) => compareWithOthers(tx, { ...transfer, modelId: id, predictions: 1, classMap: [] }));
    const done = (await knownPairs(context)).size;
    if (failures.length > 0) throw incomplete(evaluations.length * targets.length - done, failures);
    return {
      write: async (tx) => {
        await tx.transfer.update({ where: { jobId }, data: { finishedAt: new Date() } });
        return [];
      },
    };
  },

  /** Results stay: they are valid, and other transfers may use them. */
  async discard(tx, jobId) {
    await tx.transfer.updateMany({ where: { jobId }, data: { finishedAt: new Date() } });
    return [];
  },
};

function transferOf({ prisma, jobId }: JobContext) {
  return prisma.transfer.findUniqueOrThrow({
    where: { jobId },
    include: {
      targets: { orderBy: { id: 'asc' } },
      evaluations: { include: { job: true, imagesJob: true, model: true }, orderBy: { id: 'asc' } },
      dataset: true,
    },
  });
}

/** Why jobs that were to make images of finished evaluations made none. The evaluations do not name them any more. */
async function unsuccessfulImages({ prisma, jobId }: JobContext): Promise<string> {
  const jobs = await prisma.job.findMany({ where: { awaitedBy: { some: { jobId } }, kind: IMAGES, state: { not: 'SUCCEEDED' } } });
  return [...new Set(jobs.map(({ error, state }) => error ?? state.toLowerCase()))].join(', ') || 'deleted';
}

/** Pairs of an evaluation and a target of the transfer that have a result. */
async function knownPairs({ prisma, jobId }: JobContext): Promise<Set<string>> {
  const finished = await prisma.transferResult.findMany({
    where: { evaluation: { transfers: { some: { jobId } } }, target: { transfers: { some: { jobId } } } },
    select: { evaluationId: true, targetModelId: true },
  });
  return new Set(finished.map(({ evaluationId, targetModelId }) => `${evaluationId} ${targetModelId}`));
}

interface Images extends Pick<Evaluation, 'imagesArtifactId'> {
  readonly job: Job;
  readonly imagesJob: Job | null;
}

/** The job that makes the images of an evaluation. */
const makerOf = ({ job, imagesJob }: Images) => imagesJob ?? job;

const hasImages = ({ job, imagesArtifactId }: Images) => job.state === 'SUCCEEDED' && imagesArtifactId !== null;

const failureOf = ({ details }: JobPart) => (details as TargetFailure | null)?.failure;

function incomplete(pairs: number, failures: readonly string[]): JobFailed {
  const named = failures.slice(0, MOST_NAMED).join('; ');
  const more = failures.length > MOST_NAMED ? `; and ${failures.length - MOST_NAMED} more` : '';
  return new JobFailed(
    'INCOMPLETE',
    `${pairs} pairs of an attack and a target have no result: ${named}${more}. The other results are stored.`,
  );
}
