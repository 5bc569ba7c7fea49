/**
 * Runs a study: asks for its trainings, evaluations and transfers as jobs of their own, waits for them, and tabulates what came of them. What was begun is
 * kept on the study's tasks, so that it resumes from there after a crash.
 * @module
 */
import pRetry from 'p-retry';
import { recipes } from '../../studies/recipes/registry.js';
import { releaseArtifacts } from '../../storage/artifact-rows.js';
import type { Transaction } from '../../storage/database.js';
import { isConflict } from '../../storage/errors.js';
import type { Study } from '../../storage/generated/client.js';
import { settingsOf, toJson } from '../../storage/json.js';
import { type CancelJob, type DroppedArtifacts, type JobContext, JobFailed, type JobHandler } from '../types.js';
import { STUDY } from './kind.js';
import { readOutcomes } from './outcomes.js';
import { planTasks, submittedModels } from './tasks.js';

export { STUDY };

export const studyHandler: JobHandler = {
  kind: STUDY,
  // It has no parts of its own.
  lane: 'compute',
  plansAtEachEnd: true,

  async describe(prisma, jobId) {
    const study = await prisma.study.findUniqueOrThrow({ where: { jobId } });
    return `study ${study.recipe} at ${settingsOf(study).name}`;
  },

  async plan(context, { total }) {
    const { study, recipe, settings } = await studyOf(context);
    const plan = await planTasks(context, study, recipe.plan(settings), settings).catch(async (error: unknown) => {
      await cancelIfEnded(context, study);
      throw error;
    });
    await cancelIfEnded(context, study);
    return plan.done === total ? {} : plan;
  },

  async finish(context) {
    const { prisma, jobId } = context;
    const { study, recipe, settings } = await studyOf(context);
    const report = recipe.report(await readOutcomes(prisma, study.id, submittedModels(settings)), settings);
    return {
      write: async (tx) => {
        await tx.study.update({ where: { jobId }, data: { report: toJson(report), finishedAt: new Date() } });
        return [];
      },
    };
  },

  async discard(tx, jobId, cancel) {
    const study = await tx.study.findUnique({ where: { jobId } });
    if (!study) return [];
    await tx.study.update({ where: { jobId }, data: { finishedAt: new Date() } });
    return cancelJobs(tx, study, cancel);
  },
};

async function studyOf({ prisma, jobId }: JobContext) {
  const study = await prisma.study.findUniqueOrThrow({ where: { jobId } });
  const recipe = recipes.find(({ name, version }) => name === study.recipe && version === study.version);
  if (!recipe) {
    throw new JobFailed('RECIPE_CHANGED', `This version of the server has another version of ${study.recipe}. Start the study again.`);
  }
  return { study, recipe, settings: settingsOf(study) };
}

/** A study that ended while it asked for jobs did not know of the last of them. */
async function cancelIfEnded({ prisma, artifacts, cancelIn, jobId }: JobContext, study: Study): Promise<void> {
  const cancel = () =>
    prisma.$transaction(async (tx) => {
      // Locked, so that it ends before or after.
      const [job] = await tx.$queryRaw<{ state: string }[]>`SELECT "state" FROM "Job" WHERE "id" = ${jobId}::uuid FOR UPDATE`;
      return job?.state === 'CANCELLED' || job?.state === 'FAILED' ? cancelJobs(tx, study, cancelIn(tx)) : [];
    });
  // Nobody plans an ended study again.
  const dropped = await pRetry(cancel, { retries: 10, minTimeout: 10, randomize: true, shouldRetry: ({ error }) => isConflict(error) });
  await releaseArtifacts(prisma, artifacts, dropped);
}

/** A study's jobs end with it, apart from those that others wait for. */
async function cancelJobs(tx: Transaction, { id, owner, createdAt }: Study, cancel: CancelJob): Promise<DroppedArtifacts> {
  const alive = { state: { in: ['QUEUED' as const, 'RUNNING' as const] } };
  const jobs = await tx.job.findMany({
    where: {
      ...alive,
      // An older one was asked for by something else.
      OR: [{ owner, createdAt: { gte: createdAt } }, { requesters: { some: { name: owner, createdAt: { gte: createdAt } } } }],
      studyTasks: { some: { studyId: id }, none: { study: { id: { not: id }, job: alive } } },
    },
  });
  const dropped: (string | null)[] = [];
  // One that has succeeded since keeps its results.
  for (const job of jobs) dropped.push(...(await cancel(job.id, owner)));
  return dropped;
}
