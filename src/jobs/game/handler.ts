/** Plays the game of a study's task: naive Bayes and an adversary on the study's data sets. What comes of it is kept with the task. @module */
import type { GamePlan } from '../../compute/adversarial-classification/index.js';
import type { DatabaseClient } from '../../storage/database.js';
import { settingsOf, toJson } from '../../storage/json.js';
import { recipes } from '../../studies/recipes/registry.js';
import { JobFailed, type JobHandler } from '../types.js';

export const GAME = 'game';

export const gameHandler: JobHandler = {
  kind: GAME,
  lane: 'training',

  async describe(prisma, jobId) {
    const { key, study } = await taskOf(prisma, jobId);
    return `${key} of study ${study.recipe}`;
  },

  plan: (_context, { planned, total }) => Promise.resolve(planned > 0 ? {} : { parts: [{ input: {}, units: total }] }),

  async computePart({ prisma, compute, jobId, signal, datasetSource }) {
    const { study, plan } = await taskOf(prisma, jobId);
    const training = await datasetSource(study.trainingDataset);
    const test = await datasetSource(study.testDataset);
    return { details: await compute.playGame({ plan, training, test }, signal) };
  },

  finish({ jobId }, [part]) {
    const game = toJson(part!.details as object);
    return Promise.resolve({
      write: async (tx) => {
        await tx.studyTask.updateMany({ where: { jobId }, data: { game } });
        return [];
      },
    });
  },

  discard: () => Promise.resolve([]),
};

async function taskOf(prisma: DatabaseClient, jobId: string) {
  const task = await prisma.studyTask.findFirst({
    where: { jobId },
    include: { study: { include: { trainingDataset: true, testDataset: true } } },
  });
  if (!task) throw new JobFailed('TASK_FAILED', 'The study that it was for has been deleted.');
  const { key, study } = task;
  const recipe = recipes.find(({ name, version }) => name === study.recipe && version === study.version);
  const planned = recipe?.plan(settingsOf(study)).find((candidate) => candidate.key === key);
  if (planned?.kind !== 'game') {
    throw new JobFailed('RECIPE_CHANGED', `This version of the server has another version of ${study.recipe}. Start the study again.`);
  }
  return { key, study, plan: planned.plan satisfies GamePlan };
}
