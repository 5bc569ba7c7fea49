/** Asking for studies. @module */
import { DomainError } from '../../errors.js';
import { GAME } from '../../jobs/game/handler.js';
import type { GameRequest } from '../../jobs/requests.js';
import type { JobQueue } from '../../jobs/queue.js';
import { STUDY } from '../../jobs/study/handler.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { Dataset, DatasetSplit, Job } from '../../storage/generated/client.js';
import { encodeGlobalId } from '../../storage/global-id.js';
import { toJson } from '../../storage/json.js';
import { recipes } from '../../studies/recipes/registry.js';
import { scales } from '../../studies/scales/registry.js';
import type { Recipe, Scale, Settings, SubmittedModel } from '../../studies/types.js';
import type { Capacity } from '../job/capacity.js';
import { checkFit, checkRange } from '../evaluation/evaluation-request.js';
import type { EvaluationService } from '../evaluation/evaluations.js';
import { visibleClient } from '../access/visibility.js';
import { checkSameClasses, checkSameImages, findDataset } from '../dataset/find-dataset.js';
import type { Principal } from '../token/principal.js';
import { checkRanges } from '../statistics/ranges.js';

export interface StudyRequest {
  readonly recipe: string;
  readonly scale: string;
  /** In place of those of the scale's format: both or none. */
  readonly trainingDatasetId?: string;
  readonly testDatasetId?: string;
  readonly seeds: number;
  /** In place of the scale's own. */
  readonly sampleCount?: number;
  readonly steps?: number;
  /** Of a scale that takes models: those that are attacked; undefined where an id is none. */
  readonly modelIds?: readonly (string | undefined)[];
}

const LIMITS = { seeds: [1, 100], steps: [1, 1_000_000_000] } as const;

export class StudyService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
    private readonly evaluations: EvaluationService,
  ) {}

  /** Queues a study with all its tasks. */
  async start(principal: Principal, request: StudyRequest) {
    const recipe = named(recipes, request.recipe, 'recipe');
    const scale = named(scales, request.scale, 'scale');
    checkTakesModels(recipe, scale, request);
    const { trainingDataset, testDataset } = await this.datasets(principal, scale, request);
    const models = scale.takesModels && (await this.models(principal, request.modelIds ?? [], testDataset));
    const settings = { ...settingsOf(scale, request, testDataset), ...(models && { models }) };
    const tasks = recipe.plan(settings);
    const owner = principal.name;
    return this.environment.prisma.$transaction(async (tx) => {
      // It occupies one place in the queue while it waits for its tasks, which need another.
      await this.capacity.checkJobs(tx, principal, 2);
      const job = await tx.job.create({ data: { owner, kind: STUDY, total: tasks.length, unit: 'tasks' } });
      const study = await tx.study.create({
        data: {
          owner,
          recipe: recipe.name,
          version: recipe.version,
          settings: toJson(settings),
          trainingDatasetId: trainingDataset.id,
          testDatasetId: testDataset.id,
          jobId: job.id,
        },
      });
      await tx.studyTask.createMany({ data: tasks.map(({ key }, position) => ({ studyId: study.id, position, key })) });
      await this.queue.plan(tx, job.id);
      return { study, job };
    });
  }

  /** Queues the game of a task, or finds it queued by another plan of the study. */
  startGame(principal: Principal, { studyId, key, units }: GameRequest): Promise<Job> {
    return this.environment.prisma.$transaction(async (tx) => {
      const [task] = await tx.$queryRaw<{ jobId: string | null }[]>`
        SELECT "jobId" FROM "StudyTask" WHERE "studyId" = ${studyId}::uuid AND "key" = ${key} FOR UPDATE`;
      if (task?.jobId) return tx.job.findUniqueOrThrow({ where: { id: task.jobId } });
      await this.capacity.checkJobs(tx, principal, 1);
      const job = await tx.job.create({ data: { owner: principal.name, kind: GAME, total: units, unit: 'examples' } });
      await tx.studyTask.updateMany({ where: { studyId, key }, data: { jobId: job.id } });
      await this.queue.plan(tx, job.id);
      return job;
    });
  }

  /** @throws DomainError where one is not there, not ready or of other images. */
  private async models(principal: Principal, ids: readonly (string | undefined)[], dataset: Dataset): Promise<SubmittedModel[]> {
    const models = await this.evaluations.models(principal, ids, ['modelIds']);
    for (const [i, model] of models.entries()) checkFit(model, dataset, ['modelIds', String(i)]);
    if (models.length < 2 || new Set(models.map(({ name }) => name)).size < models.length) {
      throw new DomainError('VALIDATION', 'Name two models or more, of different names.', ['modelIds']);
    }
    return models.map(({ name, id }) => ({ name, id: encodeGlobalId('Model', id) }));
  }

  private async datasets(principal: Principal, scale: Scale, { trainingDatasetId, testDatasetId }: StudyRequest) {
    const prisma = visibleClient(this.environment.prisma, principal);
    if (scale.takesModels) {
      const dataset =
        testDatasetId === undefined ? await this.registered(scale, 'TEST') : await findDataset(prisma, testDatasetId, 'testDatasetId');
      // Nothing is trained.
      return { trainingDataset: dataset, testDataset: dataset };
    }
    if (trainingDatasetId === undefined && testDatasetId === undefined) {
      return { trainingDataset: await this.registered(scale, 'TRAIN'), testDataset: await this.registered(scale, 'TEST') };
    }
    const trainingDataset = await findDataset(prisma, trainingDatasetId, 'trainingDatasetId');
    const testDataset = await findDataset(prisma, testDatasetId, 'testDatasetId');
    checkSameImages(trainingDataset, testDataset, 'testDatasetId');
    checkSameClasses(trainingDataset, testDataset, 'testDatasetId');
    return { trainingDataset, testDataset };
  }

  private async registered({ name, datasetFormat }: Scale, split: DatasetSplit): Promise<Dataset> {
    const found = await this.environment.prisma.dataset.findFirst({
      where: { format: datasetFormat, split },
      orderBy: { createdAt: 'asc' },
    });
    if (found) return found;
    throw new DomainError(
      'NOT_FOUND',
      `Scale "${name}" needs a data set of format "${datasetFormat}" and split ${split}. Ask an admin to register it, or name \`trainingDatasetId\` and \`testDatasetId\`.`,
      ['scale'],
    );
  }
}

/** @throws DomainError VALIDATION naming what there is. */
function named<Entry extends { readonly name: string }>(entries: readonly Entry[], name: string, member: string): Entry {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry) return entry;
  const known = entries.map((candidate) => candidate.name).join(', ');
  throw new DomainError('VALIDATION', `There is no ${member} "${name}". Known: ${known}.`, [member]);
}

/** @throws DomainError VALIDATION where a recipe is not for a scale, models are given that are not used, or networks are to be trained at a scale that has none. */
function checkTakesModels(recipe: Recipe, scale: Scale, { modelIds }: StudyRequest): void {
  if (recipe.scales && !recipe.scales.includes(scale.name)) {
    const message = `${recipe.name} cannot be applied at scale "${scale.name}". Take one of ${recipe.scales.join(', ')}.`;
    throw new DomainError('VALIDATION', message, ['scale']);
  }
  if (scale.takesModels && !recipe.takesModels) {
    const fitting = recipes.filter(({ takesModels }) => takesModels).map(({ name }) => name);
    const message = `${recipe.name} trains networks, and scale "${scale.name}" has none to train. It is for ${fitting.join(' and ')}.`;
    throw new DomainError('VALIDATION', message, ['scale']);
  }
  if (modelIds && !scale.takesModels) {
    throw new DomainError('VALIDATION', `Scale "${scale.name}" trains its networks: leave out \`modelIds\`.`, ['modelIds']);
  }
}

/** @throws DomainError VALIDATION */
function settingsOf(
  scale: Scale,
  { seeds, sampleCount = scale.sampleCount, steps = scale.steps }: StudyRequest,
  testDataset: Dataset,
): Settings {
  checkRanges(LIMITS, scale.takesModels ? { seeds } : { seeds, steps });
  return { ...scale, seeds, steps, sampleCount: checkRange(testDataset, 0, sampleCount).sampleCount };
}
