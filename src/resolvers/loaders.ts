/** Rows by id, read together: a page of any length costs one statement for each type in it. @module */
import DataLoader from 'dataloader';
import type { Certificates } from '../compute/evaluation/certify.js';
import { unpackCertificates } from '../results/certificates.js';
import { unpackOutcomes, type Outcomes } from '../results/outcomes.js';
import type { CertificationRow } from '../schema/certification/certification.js';
import type { EvaluationRow } from '../storage/evaluation-row.js';
import { cellsOfTransfers, type Cell } from '../services/transfer/transfer-matrix.js';
import type { DatabaseClient } from '../storage/database.js';
import type {
  Dataset,
  Destruction,
  Job,
  Model,
  Study,
  StudyTask,
  Token,
  TrainingPoint,
  TrainingRun,
  Transfer,
} from '../storage/generated/client.js';

export interface Loaders {
  readonly model: DataLoader<string, Model | undefined>;
  readonly dataset: DataLoader<string, Dataset | undefined>;
  readonly job: DataLoader<string, Job | undefined>;
  readonly token: DataLoader<string, Token | undefined>;
  readonly certification: DataLoader<string, CertificationRow | undefined>;
  /** Certificates of examples, as far as they are there. */
  readonly certificates: DataLoader<string, Certificates | undefined>;
  readonly destruction: DataLoader<string, Destruction | undefined>;
  readonly destructionsOfEvaluation: DataLoader<string, Destruction[]>;
  readonly evaluation: DataLoader<string, EvaluationRow | undefined>;
  readonly evaluationOfJob: DataLoader<string, EvaluationRow | undefined>;
  readonly modelOfJob: DataLoader<string, Model | undefined>;
  readonly trainingRun: DataLoader<string, TrainingRun | undefined>;
  readonly trainingRunOfModel: DataLoader<string, TrainingRun | undefined>;
  readonly trainingRunOfJob: DataLoader<string, TrainingRun | undefined>;
  /** Points of a run, in order. */
  readonly trainingPoints: DataLoader<string, TrainingPoint[]>;
  readonly study: DataLoader<string, Study | undefined>;
  /** Tasks of a study, in the order of the plan. */
  readonly studyTasks: DataLoader<string, StudyTask[]>;
  readonly transfer: DataLoader<string, Transfer | undefined>;
  readonly transferOfJob: DataLoader<string, Transfer | undefined>;
  /** By model, attack and budget. */
  readonly evaluationsOfTransfer: DataLoader<string, EvaluationRow[]>;
  /** By name. */
  readonly targetsOfTransfer: DataLoader<string, Model[]>;
  readonly cellsOfTransfer: DataLoader<string, Cell[]>;
  /** Packed outcomes of evaluations; undefined before they have finished. */
  readonly outcomes: DataLoader<string, Outcomes | undefined>;
}

export function createLoaders(prisma: DatabaseClient): Loaders {
  return {
    model: byKey((ids) => prisma.model.findMany({ where: { id: { in: ids } } }), 'id'),
    dataset: byKey((ids) => prisma.dataset.findMany({ where: { id: { in: ids } } }), 'id'),
    job: byKey((ids) => prisma.job.findMany({ where: { id: { in: ids } } }), 'id'),
    token: byKey((ids) => prisma.token.findMany({ where: { id: { in: ids } } }), 'id'),
    certification: byKey((ids) => prisma.certification.findMany({ where: { id: { in: ids } } }), 'id'),
    certificates: new DataLoader(async (ids) => {
      const rows = await prisma.certification.findMany({ where: { id: { in: [...ids] } }, select: { id: true, certificates: true } });
      const packed = new Map(rows.map((row) => [row.id, row.certificates]));
      return ids.map((id) => {
        const bytes = packed.get(id);
        return bytes ? unpackCertificates(bytes) : undefined;
      });
    }),
    destruction: byKey((ids) => prisma.destruction.findMany({ where: { id: { in: ids } } }), 'id'),
    destructionsOfEvaluation: new DataLoader(async (ids) => {
      const rows = await prisma.destruction.findMany({ where: { evaluationId: { in: [...ids] } }, orderBy: { createdAt: 'asc' } });
      return ids.map((id) => rows.filter(({ evaluationId }) => evaluationId === id));
    }),
    evaluation: byKey((ids) => prisma.evaluation.findMany({ where: { id: { in: ids } } }), 'id'),
    evaluationOfJob: byKey((ids) => prisma.evaluation.findMany({ where: { jobId: { in: ids } } }), 'jobId'),
    modelOfJob: new DataLoader(async (ids) => {
      const rows = await prisma.model.findMany({ where: { jobId: { in: [...ids] } } });
      const byJob = new Map(rows.map((row) => [row.jobId, row]));
      return ids.map((id) => byJob.get(id));
    }),
    trainingRun: byKey((ids) => prisma.trainingRun.findMany({ where: { id: { in: ids } } }), 'id'),
    trainingRunOfModel: byKey((ids) => prisma.trainingRun.findMany({ where: { modelId: { in: ids } } }), 'modelId'),
    trainingRunOfJob: byKey((ids) => prisma.trainingRun.findMany({ where: { jobId: { in: ids } } }), 'jobId'),
    trainingPoints: new DataLoader(async (ids) => {
      const rows = await prisma.trainingPoint.findMany({ where: { trainingRunId: { in: [...ids] } }, orderBy: { step: 'asc' } });
      return ids.map((id) => rows.filter((row) => row.trainingRunId === id));
    }),
    study: byKey((ids) => prisma.study.findMany({ where: { id: { in: ids } } }), 'id'),
    studyTasks: new DataLoader(async (ids) => {
      const rows = await prisma.studyTask.findMany({ where: { studyId: { in: [...ids] } }, orderBy: { position: 'asc' } });
      return ids.map((id) => rows.filter(({ studyId }) => studyId === id));
    }),
    transfer: byKey((ids) => prisma.transfer.findMany({ where: { id: { in: ids } } }), 'id'),
    transferOfJob: byKey((ids) => prisma.transfer.findMany({ where: { jobId: { in: ids } } }), 'jobId'),
    evaluationsOfTransfer: new DataLoader(async (ids) => {
      const order = [{ modelId: 'asc' }, { attackKind: 'asc' }, { epsilon: 'asc' }, { id: 'asc' }] as const;
      const where = { id: { in: [...ids] } };
      const rows = await prisma.transfer.findMany({ where, select: { id: true, evaluations: { orderBy: [...order] } } });
      return ids.map((wanted) => rows.find(({ id }) => id === wanted)?.evaluations ?? []);
    }),
    targetsOfTransfer: new DataLoader(async (ids) => {
      const where = { id: { in: [...ids] } };
      const rows = await prisma.transfer.findMany({ where, select: { id: true, targets: { orderBy: [{ name: 'asc' }, { id: 'asc' }] } } });
      return ids.map((wanted) => rows.find(({ id }) => id === wanted)?.targets ?? []);
    }),
    cellsOfTransfer: new DataLoader((ids) => cellsOfTransfers(prisma, ids)),
    outcomes: new DataLoader(async (ids) => {
      const rows = await prisma.evaluation.findMany({ where: { id: { in: [...ids] } }, select: { id: true, outcomes: true } });
      const packed = new Map(rows.map((row) => [row.id, row.outcomes]));
      return ids.map((id) => {
        const bytes = packed.get(id);
        return bytes ? unpackOutcomes(bytes) : undefined;
      });
    }),
  };
}

function byKey<Key extends string, Row extends Record<Key, string>>(read: (keys: string[]) => Promise<Row[]>, key: Key) {
  return new DataLoader<string, Row | undefined>(async (keys) => {
    const rows = new Map<string, Row>((await read([...keys])).map((row) => [row[key], row]));
    return keys.map((wanted) => rows.get(wanted));
  });
}
