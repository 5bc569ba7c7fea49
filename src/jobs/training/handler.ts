/**
 * Trains a network, segment by segment. Every segment ends in a checkpoint and a point of the series, committed together: a run that resumes from it equals an
 * uninterrupted one.
 * @module
 */
import { mkdir } from 'node:fs/promises';
import type { ResumePoint, TrainedSegment, TrainingRequest } from '../../compute/training/index.js';
import type { ModelFiles } from '../../compute/models/index.js';
import { modelFiles } from '../../storage/model-files.js';
import { packDirectory } from '../../storage/archive/index.js';
import { releaseArtifacts, storeArtifact, withArtifact } from '../../storage/artifact-rows.js';
import type { Transaction } from '../../storage/database.js';
import type { Model, Prisma } from '../../storage/generated/client.js';
import { architectureOf, planOf, toJson } from '../../storage/json.js';
import { type JobResult, type JobContext, JobFailed, type JobHandler } from '../types.js';
import { MODEL_MEDIA_TYPE } from '../model/handler.js';

export const TRAINING = 'training';

const CHECKPOINT_MEDIA_TYPE = 'application/octet-stream';

const INCLUDED = { dataset: true, validationDataset: true, unlabelledDataset: true, baseModel: true } as const;

type Run = Prisma.TrainingRunGetPayload<{ include: typeof INCLUDED }>;

export const trainingHandler: JobHandler = {
  kind: TRAINING,

  async describe(prisma, jobId) {
    const run = await prisma.trainingRun.findUniqueOrThrow({ where: { jobId }, include: { model: true } });
    return `training of ${run.model.name} by ${planOf(run).scheme.name}`;
  },

  async run(context) {
    const { prisma, compute, jobId } = context;
    const run = await prisma.trainingRun.findUniqueOrThrow({ where: { jobId }, include: INCLUDED });
    const request = await requestOf(context, run);
    let resume = await lastCheckpoint(context, run.id);
    for (let outcome = run.outcome; outcome === null;) {
      context.signal.throwIfAborted();
      const result = await compute.train(request, (resume?.step ?? 0) + run.interval, resume, context.signal);
      resume = await store(context, run, result);
      outcome = result.outcome ?? null;
    }
    return completion(context, run, request, resume!);
  },

  /** The series and the last checkpoints stay, to learn from; the model is rejected. */
  async discard(tx, jobId) {
    const run = await tx.trainingRun.findUnique({ where: { jobId } });
    if (!run) return [];
    await tx.model.update({ where: { id: run.modelId }, data: { status: 'REJECTED' } });
    await tx.trainingRun.update({ where: { id: run.id }, data: { finishedAt: new Date() } });
    return [];
  },
};

async function requestOf(context: JobContext, run: Run): Promise<TrainingRequest> {
  const models = await context.prisma.model.findMany({ where: { id: { in: run.otherModelIds } } });
  const byId = new Map(models.map((model) => [model.id, model]));
  return {
    id: run.id,
    plan: planOf(run),
    model: architectureOf(run) ?? (await filesOf(context, run.baseModel)),
    dataset: context.datasetSource(run.dataset),
    validationDataset: context.datasetSource(run.validationDataset),
    models: await Promise.all(run.otherModelIds.map((id) => filesOf(context, byId.get(id)))),
    unlabelled: run.unlabelledDataset ? context.datasetSource(run.unlabelledDataset) : undefined,
  };
}

async function filesOf(context: JobContext, model: Model | null | undefined): Promise<ModelFiles> {
  if (!model?.artifactId) throw new JobFailed('INVALID_MODEL', 'A model that this run needs has been deleted.');
  return modelFiles(context.modelFolders, model);
}

async function lastCheckpoint({ prisma, artifacts }: JobContext, trainingRunId: string): Promise<ResumePoint | undefined> {
  const point = await prisma.trainingPoint.findFirst({
    where: { trainingRunId, checkpointId: { not: null } },
    orderBy: { step: 'desc' },
  });
  return point ? { step: point.step, path: artifacts.path(point.checkpointId!) } : undefined;
}

/** Commits a point of the series with its checkpoint; checkpoints beyond those to keep go. */
async function store(context: JobContext, run: Run, result: TrainedSegment): Promise<ResumePoint> {
  const { prisma, artifacts } = context;
  const { step, loss, accuracy: trainingAccuracy, seconds, validation } = result;
  const bytes = () => [result.checkpoint];
  const dropped = await withArtifact(prisma, artifacts, bytes, { mediaType: CHECKPOINT_MEDIA_TYPE }, async (checkpointId) => {
    let old: (string | null)[] = [];
    await context.step(step, async (tx) => {
      const point = { step, loss, trainingAccuracy, ...validation!, seconds, checkpointId };
      await tx.trainingPoint.create({ data: { trainingRunId: run.id, ...point } });
      const engine = toJson(result.engine);
      await tx.trainingRun.update({ where: { id: run.id }, data: { outcome: result.outcome, engine } });
      old = await dropCheckpoints(tx, run);
    });
    return { old, checkpointId };
  });
  await releaseArtifacts(prisma, artifacts, dropped.old);
  return { step, path: artifacts.path(dropped.checkpointId) };
}

async function dropCheckpoints(tx: Transaction, { id, checkpointsKept }: Run): Promise<(string | null)[]> {
  const old = await tx.trainingPoint.findMany({
    where: { trainingRunId: id, checkpointId: { not: null } },
    orderBy: { step: 'desc' },
    skip: checkpointsKept,
  });
  await tx.trainingPoint.updateMany({
    where: { trainingRunId: id, step: { in: old.map(({ step }) => step) } },
    data: { checkpointId: null },
  });
  return old.map(({ checkpointId }) => checkpointId);
}

async function completion(context: JobContext, run: Run, request: TrainingRequest, resume: ResumePoint): Promise<JobResult> {
  const { prisma, artifacts, compute } = context;
  return context.modelFolders.temporary(async (directory) => {
    await mkdir(directory);
    const { spec, ...card } = await compute.finishTraining(request, resume, directory);
    const artifactId = await storeArtifact(prisma, artifacts, await packDirectory(directory), { mediaType: MODEL_MEDIA_TYPE });
    const found = {
      ...card,
      operations: { ...card.operations },
      warnings: [...card.warnings],
      spec: toJson(spec),
    };
    return {
      async write(tx) {
        await tx.model.update({ where: { id: run.modelId }, data: { ...found, artifactId, status: 'READY' } });
        await tx.trainingRun.update({ where: { id: run.id }, data: { finishedAt: new Date() } });
        return [];
      },
      artifacts: [artifactId],
    };
  });
}
