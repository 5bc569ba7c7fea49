/**
 * Runs a study: asks for its trainings, evaluations and transfers as jobs of their own, waits for them, and tabulates what came of them. What was begun is
 * kept on the study's tasks, so that it resumes from there after a crash.
 * @module
 */
import { recipes } from '../../studies/recipes/registry.js';
import { releaseArtifacts } from '../../storage/artifact-rows.js';
import type { Transaction } from '../../storage/database.js';
import type { Study } from '../../storage/generated/client.js';
import { settingsOf, toJson } from '../../storage/json.js';
import { evaluationHandler } from '../evaluation/handler.js';
import { imagesHandler } from '../evaluation/images-handler.js';
import { endJob } from '../finish-job.js';
import { trainingHandler } from '../training/handler.js';
import { transferHandler } from '../transfer/handler.js';
import { JobFailed, type DroppedArtifacts, type JobHandler } from '../types.js';
import { readOutcomes } from './outcomes.js';
import { performTasks, submittedModels } from './tasks.js';

export const STUDY = 'study';

/** Kinds of the jobs that a study asks for. */
const CHILDREN: readonly JobHandler[] = [trainingHandler, evaluationHandler, imagesHandler, transferHandler];

export const studyHandler: JobHandler = {
  kind: STUDY,

  async describe(prisma, jobId) {
    const study = await prisma.study.findUniqueOrThrow({ where: { jobId } });
    return `study ${study.recipe} at ${settingsOf(study).name}`;
  },

  async run(context) {
    const { prisma, jobId } = context;
    const study = await prisma.study.findUniqueOrThrow({ where: { jobId } });
    const recipe = recipes.find(({ name, version }) => name === study.recipe && version === study.version);
    if (!recipe) {
      throw new JobFailed('RECIPE_CHANGED', `This version of the server has another version of ${study.recipe}. Start the study again.`);
    }
    const settings = settingsOf(study);
    const tasks = recipe.plan(settings);
    await performTasks(context, study, tasks, settings).catch(async (error: unknown) => {
      // A job that was asked for in the moment in which the study was cancelled.
      const { state } = await prisma.job.findUniqueOrThrow({ where: { id: jobId } });
      if (state === 'CANCELLED')
        await releaseArtifacts(prisma, context.artifacts, await prisma.$transaction((tx) => cancelJobs(tx, study)));
      throw error;
    });
    const report = recipe.report(await readOutcomes(prisma, study.id, submittedModels(settings)), settings);
    return {
      write: async (tx) => {
        await tx.study.update({ where: { jobId }, data: { report: toJson(report), finishedAt: new Date() } });
        return [];
      },
    };
  },

  async discard(tx, jobId) {
    const study = await tx.study.findUnique({ where: { jobId } });
    if (!study) return [];
    await tx.study.update({ where: { jobId }, data: { finishedAt: new Date() } });
    return cancelJobs(tx, study);
  },
};

/** A study's jobs end with it, apart from those that others wait for. */
async function cancelJobs(tx: Transaction, { id, owner, createdAt }: Study): Promise<DroppedArtifacts> {
  const alive = { state: { in: ['QUEUED' as const, 'RUNNING' as const] } };
  const jobs = await tx.job.findMany({
    where: {
      ...alive,
      owner,
      // An older one was asked for by something else.
      createdAt: { gte: createdAt },
      studyTasks: { some: { studyId: id }, none: { study: { id: { not: id }, job: alive } } },
    },
  });
  const dropped: (string | null)[] = [];
  for (const job of jobs) {
    // One that has succeeded since keeps its results.
    if (!(await endJob(tx, job.id, { state: 'CANCELLED' }))) continue;
    dropped.push(...((await CHILDREN.find(({ kind }) => kind === job.kind)?.discard(tx, job.id)) ?? []));
  }
  return dropped;
}
