/**
 * Trains a network, segment by segment. Every segment ends in a checkpoint and a point of the series, committed together: what goes on from it, on whichever
 * worker, equals an uninterrupted run.
 * @module
 */
import { mkdir } from 'node:fs/promises';
import type { ResumePoint, TrainedSegment, TrainingRequest } from '../../compute/training/index.js';
import type { ModelCard, ModelFiles } from '../../compute/models/index.js';
import { trainingWarnings } from '../../results/training-warnings.js';
import { modelFiles } from '../../storage/model-files.js';
import { packDirectory } from '../../storage/archive/index.js';
import type { Transaction } from '../../storage/database.js';
import type { Model, Prisma } from '../../storage/generated/client.js';
import { architectureOf, columnsOfCard, planOf, toJson } from '../../storage/json.js';
import { type JobContext, JobFailed, type JobHandler, type PartResult } from '../types.js';
import { MODEL_MEDIA_TYPE } from '../model/handler.js';

export const TRAINING = 'training';

const CHECKPOINT_MEDIA_TYPE = 'application/octet-stream';

const EXTRAS = { orderBy: { position: 'asc' }, include: { dataset: true } } as const;

const INCLUDED = { dataset: true, extraData: EXTRAS, validationDataset: true, unlabelledDataset: true, baseModel: true } as const;

type Run = Prisma.TrainingRunGetPayload<{ include: typeof INCLUDED }>;

/** A segment, or the writing of the model. */
interface TrainingPart {
  /** Steps that are done when it ends; null writes the model. */
  readonly until: number | null;
}

export const trainingHandler: JobHandler<TrainingPart> = {
  kind: TRAINING,
  lane: 'training',

  async describe(prisma, jobId) {
    const run = await prisma.trainingRun.findUniqueOrThrow({ where: { jobId }, include: { model: true } });
    return `training of ${run.model.name} by ${planOf(run).scheme.name}`;
  },

  /** One part at a time: each goes on from the checkpoint of the one before. */
  async plan({ prisma, jobId }, { total }, parts) {
    const { id, outcome, interval } = await prisma.trainingRun.findUniqueOrThrow({ where: { jobId } });
    if ((parts.at(-1)?.input as TrainingPart | undefined)?.until === null) return {};
    if (outcome !== null) return { parts: [{ input: { until: null }, units: 0 }], gainsByGpu: true };
    const step = (await lastPoint(prisma, id))?.step ?? 0;
    return {
      parts: [{ input: { until: step + interval }, units: Math.min(interval, total - step), seconds: parts.at(-1)?.seconds ?? undefined }],
      gainsByGpu: true,
    };
  },

  async computePart(context, { until }) {
    const { prisma, compute, jobId } = context;
    const run = await prisma.trainingRun.findUniqueOrThrow({ where: { jobId }, include: INCLUDED });
    const request = await requestOf(context, run);
    return withLastCheckpoint(context, run.id, async (resume) => {
      if (until === null) return written(context, request, resume!);
      return segment(run, await compute.train(request, until, resume, context.signal));
    });
  },

  async finish({ prisma, jobId }, parts) {
    const run = await prisma.trainingRun.findUniqueOrThrow({
      where: { jobId },
      include: { dataset: true, extraData: EXTRAS, points: { orderBy: { step: 'asc' } } },
    });
    const { details, artifactId } = parts.at(-1)!;
    const card = details as unknown as ModelCard;
    const found = columnsOfCard({
      ...card,
      warnings: [
        ...card.warnings,
        ...trainingWarnings(run.points, planOf(run), [run.dataset, ...run.extraData.map(({ dataset }) => dataset)]),
      ],
    });
    return {
      async write(tx) {
        await tx.model.update({ where: { id: run.modelId }, data: { ...found, artifactId, status: 'READY' } });
        await tx.trainingRun.update({ where: { id: run.id }, data: { finishedAt: new Date() } });
        return [];
      },
    };
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

/** Images are read in an order of their own, in every epoch. */
const WHOLE = { wholeFile: true } as const;

async function requestOf(context: JobContext, run: Run): Promise<TrainingRequest> {
  const models = await context.prisma.model.findMany({ where: { id: { in: run.otherModelIds } } });
  const byId = new Map(models.map((model) => [model.id, model]));
  return {
    id: run.id,
    plan: planOf(run),
    model: architectureOf(run) ?? (await filesOf(context, run.baseModel)),
    dataset: await context.datasetSource(run.dataset, WHOLE),
    extras: await Promise.all(run.extraData.map(({ dataset }) => context.datasetSource(dataset, WHOLE))),
    validationDataset: await context.datasetSource(run.validationDataset, WHOLE),
    models: await Promise.all(run.otherModelIds.map((id) => filesOf(context, byId.get(id)))),
    unlabelled: run.unlabelledDataset ? await context.datasetSource(run.unlabelledDataset, WHOLE) : undefined,
  };
}

async function filesOf(context: JobContext, model: Model | null | undefined): Promise<ModelFiles> {
  if (!model?.artifactId) throw new JobFailed('INVALID_MODEL', 'A model that this run needs has been deleted.');
  return modelFiles(context.modelFolders, model);
}

const lastPoint = (prisma: JobContext['prisma'], trainingRunId: string) =>
  prisma.trainingPoint.findFirst({ where: { trainingRunId, checkpointId: { not: null } }, orderBy: { step: 'desc' } });

/** Runs `use` with the last checkpoint as a file of this machine; undefined at the beginning. */
async function withLastCheckpoint<Result>(
  { prisma, artifacts }: JobContext,
  trainingRunId: string,
  use: (resume: ResumePoint | undefined) => Promise<Result>,
): Promise<Result> {
  const point = await lastPoint(prisma, trainingRunId);
  if (!point) return use(undefined);
  return artifacts.useFile(point.checkpointId!, (path) => use({ step: point.step, path }));
}

/** A point of the series with its checkpoint; checkpoints beyond those to keep go. */
function segment(run: Run, result: TrainedSegment): PartResult {
  const { step, loss, accuracy: trainingAccuracy, seconds, validation } = result;
  return {
    artifact: {
      bytes: () => [result.checkpoint],
      description: { mediaType: CHECKPOINT_MEDIA_TYPE, isReadHere: true },
      async refer(tx, checkpointId) {
        const point = { step, loss, trainingAccuracy, ...validation!, seconds, checkpointId };
        await tx.trainingPoint.create({ data: { trainingRunId: run.id, ...point } });
        const engine = toJson(result.engine);
        await tx.trainingRun.update({ where: { id: run.id }, data: { outcome: result.outcome, engine } });
        return dropCheckpoints(tx, run);
      },
    },
  };
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

/** The model that training ended in. */
function written({ compute, modelFolders }: JobContext, request: TrainingRequest, resume: ResumePoint): Promise<PartResult> {
  return modelFolders.temporary(async (directory) => {
    await mkdir(directory);
    const details: ModelCard = await compute.finishTraining(request, resume, directory);
    const packed = await packDirectory(directory);
    return { details, artifact: { bytes: () => packed, description: { mediaType: MODEL_MEDIA_TYPE } } };
  });
}
