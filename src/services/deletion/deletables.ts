/** What can be deleted beside models: who owns it, what still needs it, and what goes with it. One more kind is an entry here and one of the schema. @module */
import { compareWithOthers } from '../../jobs/evaluation/compare-with-others.js';
import type { DroppedArtifacts } from '../../jobs/types.js';
import type { DatabaseClient, Transaction } from '../../storage/database.js';
import type { Dataset, Evaluation } from '../../storage/generated/client.js';

export interface FoundDeletable {
  readonly owner: string;
  /** Jobs that are cancelled where they go on, and deleted. */
  readonly jobIds: readonly string[];
}

export interface Deletable {
  /** As messages call it. */
  readonly title: string;
  /** Table that is locked while it is deleted. */
  readonly table:
    'Certification' | 'Dataset' | 'Destruction' | 'Evaluation' | 'SavedView' | 'Study' | 'TrainingRun' | 'Transfer' | 'Webhook';
  /** @param prisma finds what the principal sees. */
  find(prisma: DatabaseClient | Transaction, id: string): Promise<FoundDeletable | null>;
  /** How many rows need it, by what they are called; they have to be deleted before. */
  neededBy?(tx: Transaction, id: string): Promise<Readonly<Record<string, number>>>;
  /** Deletes the row and what belongs to it, apart from the jobs. @returns artifacts that nothing may refer to any more. */
  remove(tx: Transaction, id: string): Promise<DroppedArtifacts>;
}

/** A row that goes with its job. */
const withJob = (row: { job: { id: string; owner: string } } | null): FoundDeletable | null =>
  row && { owner: row.job.owner, jobIds: [row.job.id] };

const JOB = { job: { select: { id: true, owner: true } } } as const;

const studiesOf = (tx: Transaction, task: 'evaluationId' | 'trainingRunId' | 'transferId', id: string): Promise<number> =>
  tx.study.count({ where: { tasks: { some: { [task]: id } } } });

export const deletables = {
  certification: {
    title: 'certification',
    table: 'Certification',
    find: async (prisma, id) => withJob(await prisma.certification.findUnique({ where: { id }, select: JOB })),
    async remove(tx, id) {
      await tx.certification.delete({ where: { id } });
      return [];
    },
  },

  dataset: {
    title: 'data set',
    table: 'Dataset',
    async find(prisma, id) {
      const row = await prisma.dataset.findUnique({ where: { id } });
      return row && { owner: row.owner, jobIds: row.jobId === null ? [] : [row.jobId] };
    },
    async neededBy(tx, id) {
      const datasetId = id;
      const [trained, tested] = [{ trainingDatasetId: id }, { testDatasetId: id }];
      const runs = [{ datasetId }, { validationDatasetId: id }, { unlabelledDatasetId: id }, { extraData: { some: { datasetId } } }];
      return {
        evaluations: await tx.evaluation.count({ where: { datasetId } }),
        certifications: await tx.certification.count({ where: { datasetId } }),
        'training runs': await tx.trainingRun.count({ where: { OR: runs } }),
        transfers: await tx.transfer.count({ where: { datasetId } }),
        studies: await tx.study.count({ where: { OR: [trained, tested] } }),
        benchmarks: await tx.benchmark.count({ where: { datasetId } }),
      };
    },
    async remove(tx, id) {
      return [(await tx.dataset.delete({ where: { id } })).artifactId];
    },
  },

  destruction: {
    title: 'destruction',
    table: 'Destruction',
    find: async (prisma, id) => withJob(await prisma.destruction.findUnique({ where: { id }, select: JOB })),
    async remove(tx, id) {
      await tx.destruction.delete({ where: { id } });
      return [];
    },
  },

  evaluation: {
    title: 'evaluation',
    table: 'Evaluation',
    async find(prisma, id) {
      const select = { ...JOB, imagesJobId: true, destructions: { select: { jobId: true } } } as const;
      const row = await prisma.evaluation.findUnique({ where: { id }, select });
      if (!row) return null;
      const { job, imagesJobId, destructions } = row;
      return { owner: job.owner, jobIds: [job.id, ...(imagesJobId ? [imagesJobId] : []), ...destructions.map(({ jobId }) => jobId)] };
    },
    neededBy: async (tx, id) => ({
      transfers: await tx.transfer.count({ where: { evaluations: { some: { id } } } }),
      studies: await studiesOf(tx, 'evaluationId', id),
    }),
    async remove(tx, id) {
      const targets = await tx.transferResult.findMany({ where: { evaluationId: id }, select: { targetModelId: true } });
      const evaluation = await tx.evaluation.delete({ where: { id }, include: { dataset: true } });
      await compareAgain(tx, [evaluation.modelId, ...targets.map(({ targetModelId }) => targetModelId)], evaluation);
      return [evaluation.imagesArtifactId];
    },
  },

  study: {
    title: 'study',
    table: 'Study',
    async find(prisma, id) {
      const row = await prisma.study.findUnique({ where: { id } });
      return row && { owner: row.owner, jobIds: [row.jobId] };
    },
    async remove(tx, id) {
      await tx.study.delete({ where: { id } });
      return [];
    },
  },

  trainingRun: {
    title: 'training run',
    table: 'TrainingRun',
    find: async (prisma, id) => withJob(await prisma.trainingRun.findUnique({ where: { id }, select: JOB })),
    neededBy: async (tx, id) => ({ studies: await studiesOf(tx, 'trainingRunId', id) }),
    /** Its model stays where there is one. */
    async remove(tx, id) {
      const { modelId, points } = await tx.trainingRun.delete({ where: { id }, include: { points: true } });
      await tx.model.deleteMany({ where: { id: modelId, status: { not: 'READY' } } });
      return points.map(({ checkpointId }) => checkpointId);
    },
  },

  transfer: {
    title: 'transfer',
    table: 'Transfer',
    find: async (prisma, id) => withJob(await prisma.transfer.findUnique({ where: { id }, select: JOB })),
    neededBy: async (tx, id) => ({ studies: await studiesOf(tx, 'transferId', id) }),
    /** Results of pairs that another transfer has too stay. */
    async remove(tx, id) {
      const { targets, ...transfer } = await tx.transfer.findUniqueOrThrow({ where: { id }, include: { targets: true, dataset: true } });
      await tx.$executeRaw`
        DELETE FROM "TransferResult" r USING "_EvaluationToTransfer" e, "_ModelToTransfer" m
        WHERE e."B" = ${id}::uuid AND m."B" = ${id}::uuid AND r."evaluationId" = e."A" AND r."targetModelId" = m."A"
          AND NOT EXISTS (SELECT FROM "_EvaluationToTransfer" oe JOIN "_ModelToTransfer" om ON om."B" = oe."B"
            WHERE oe."B" <> ${id}::uuid AND oe."A" = r."evaluationId" AND om."A" = r."targetModelId")`;
      await tx.transfer.delete({ where: { id } });
      const modelIds = targets.map((target) => target.id);
      await compareAgain(tx, modelIds, { ...transfer, predictions: 1, classMap: [] });
      return [];
    },
  },

  savedView: {
    title: 'saved view',
    table: 'SavedView',
    async find(prisma, id) {
      const row = await prisma.savedView.findUnique({ where: { id } });
      return row && { owner: row.owner, jobIds: [] };
    },
    async remove(tx, id) {
      await tx.savedView.delete({ where: { id } });
      return [];
    },
  },

  webhook: {
    title: 'webhook',
    table: 'Webhook',
    async find(prisma, id) {
      const row = await prisma.webhook.findUnique({ where: { id } });
      return row && { owner: row.owner, jobIds: [] };
    },
    async remove(tx, id) {
      await tx.webhook.delete({ where: { id } });
      return [];
    },
  },
} satisfies Readonly<Record<string, Deletable>>;

export type DeletableKind = keyof typeof deletables;

type Range = Pick<Evaluation, 'datasetId' | 'offset' | 'sampleCount' | 'judging' | 'predictions' | 'classMap'> & { dataset: Dataset };

/** What was found about models by what is gone is found no more. */
async function compareAgain(tx: Transaction, modelIds: readonly string[], range: Range): Promise<void> {
  for (const modelId of [...new Set(modelIds)].sort()) await compareWithOthers(tx, { ...range, modelId });
}
