/**
 * What a principal sees: for every table the condition under which a row exists for it. A private model, and everything that was derived from it,
 * exists for its owner and for admins; for others it is not forbidden but not found.
 * @module
 */
import type { DatabaseClient } from '../../storage/database.js';
import { DomainError } from '../../errors.js';
import { type Model, Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';

/** A table without a rule does not compile. */
function visibleTo(owner: string) {
  // A public model is visible only to its owner until it is ready.
  const model: Prisma.ModelWhereInput = { OR: [{ visibility: { in: ['PUBLIC', 'LISTED'] }, status: 'READY' }, { owner }] };
  const withFiles: Prisma.ModelWhereInput = { OR: [{ visibility: 'PUBLIC', status: 'READY' }, { owner }] };
  // The same of data sets; those of the server are its own.
  const dataset: Prisma.DatasetWhereInput = { OR: [{ visibility: 'PUBLIC', state: 'READY' }, { owner }] };
  const evaluation: Prisma.EvaluationWhereInput = {
    model,
    dataset,
    // Images made by the gradients of a model give it away.
    sources: { every: { model } },
    // On which examples models are compared is nobody's before the benchmark closes.
    OR: [{ heldOut: false }, { entry: { benchmark: { closesAt: { lte: new Date() } } } }],
  };
  const benchmark: Prisma.BenchmarkWhereInput = { OR: [{ visibility: { not: 'PRIVATE' } }, { owner }] };
  const trainingRun: Prisma.TrainingRunWhereInput = { model, dataset, extraData: { every: { dataset } }, validationDataset: dataset };
  const transfer: Prisma.TransferWhereInput = { evaluations: { every: evaluation }, targets: { every: model } };
  return {
    Artifact: {
      OR: [
        { models: { some: withFiles } },
        { datasets: { some: dataset } },
        { evaluations: { some: { AND: [evaluation, { model: withFiles, sources: { every: { model: withFiles } } }] } } },
        { jobParts: { some: { job: { owner } } } },
        { trainingPoints: { some: { trainingRun: { model: { owner } } } } },
      ],
    },
    Benchmark: benchmark,
    BenchmarkEntry: { benchmark },
    ClaimedEntry: { benchmark },
    Certification: { model, dataset },
    // For admins.
    AuditEntry: { id: { in: [] } },
    ComputeUse: { owner },
    Dataset: dataset,
    DatasetGroups: { dataset },
    Destruction: { evaluation },
    EndpointSecret: { model: { owner } },
    Evaluation: evaluation,
    EvaluationSource: { evaluation, model },
    ExtraTrainingData: { trainingRun, dataset },
    // Of nobody's concern but the server's.
    Installation: { id: { in: [] } },
    Job: {
      OR: [
        { owner },
        { evaluation },
        { imagesOf: evaluation },
        { destruction: { evaluation } },
        { certification: { model, dataset } },
        { model },
        { dataset },
        { transfer },
        { entry: { benchmark } },
      ],
    },
    // Of nobody's concern but the server's.
    JobBatch: { id: { in: [] } },
    JobPart: { job: { owner } },
    JobRequester: { name: owner },
    JobWait: { job: { owner } },
    Model: model,
    SavedView: { owner },
    Session: { token: { name: owner } },
    Study: { owner },
    StudyTask: { study: { owner } },
    Token: { name: owner },
    TrainingPoint: { trainingRun },
    TrainingRun: trainingRun,
    Transfer: transfer,
    TransferResult: { evaluation, target: model },
    Upload: { owner },
    Webhook: { owner },
    Worker: {},
  } satisfies Record<Prisma.ModelName, object>;
}

const READS = new Set(['findUnique', 'findUniqueOrThrow', 'findFirst', 'findFirstOrThrow', 'findMany', 'count', 'aggregate', 'groupBy']);

/**
 * A client that finds, counts and joins only the rows that exist for the principal, and writes nothing. Two things stay with its user: relations
 * that a query includes are not filtered, and raw SQL is not.
 */
export function visibleClient(prisma: DatabaseClient, { name, role }: Principal): DatabaseClient {
  if (role === 'ADMIN') return prisma;
  const visible = visibleTo(name);
  return prisma.$extends({
    query: {
      $allModels: {
        $allOperations({ model, operation, args, query }) {
          if (!READS.has(operation)) throw new Error(`${model}.${operation}: what writes goes through a service.`);
          const { where, ...rest } = args as { where?: object };
          // The client's own condition stays at the top, where findUnique looks for its key.
          return query({ ...rest, where: { ...where, AND: [visible[model], ...conjunction(where)] } } as never);
        },
      },
    },
  }) as unknown as DatabaseClient;
}

/** The condition on models once more, for raw SQL in which the table is called "Model". */
export const visibleModelSql = ({ name, role }: Principal): Prisma.Sql =>
  role === 'ADMIN'
    ? Prisma.sql`TRUE`
    : Prisma.sql`("Model"."visibility" <> 'PRIVATE' AND "Model"."status" = 'READY' OR "Model"."owner" = ${name})`;

/** The condition that evaluations have beside it, for raw SQL in which the table is called "Evaluation": the models that made the images are visible too. */
export const visibleSourcesSql = (viewer: Principal): Prisma.Sql =>
  viewer.role === 'ADMIN'
    ? Prisma.sql`TRUE`
    : Prisma.sql`NOT EXISTS (
        SELECT 1 FROM "EvaluationSource" JOIN "Model" ON "Model"."id" = "EvaluationSource"."modelId"
        WHERE "EvaluationSource"."evaluationId" = "Evaluation"."id" AND NOT ${visibleModelSql(viewer)}
      )`;

function conjunction(where: { AND?: object | object[] } = {}): object[] {
  return where.AND === undefined ? [] : [where.AND].flat();
}

/** Whether a model's files, and all that gives them away, are the principal's to have: those of a listed model are not. */
export const mayHaveFiles = ({ name, role }: Principal, { owner, visibility }: Pick<Model, 'owner' | 'visibility'>): boolean =>
  role === 'ADMIN' || owner === name || visibility === 'PUBLIC';

/** What a listed model of somebody else can be used for: its answers stay here, and images made on it are tried on the principal's own models alone. */
export const mayTransferFrom = (principal: Principal, model: Pick<Model, 'owner' | 'visibility' | 'allowsTransfers'>): boolean =>
  mayHaveFiles(principal, model) || model.allowsTransfers;

/** @param path in the client's input. @throws DomainError FORBIDDEN for what others may look at, and not use: its answers and gradients would give it away. */
export function checkMayUse(principal: Principal, model: Pick<Model, 'name' | 'owner' | 'visibility'>, path: readonly string[]): void {
  if (mayHaveFiles(principal, model)) return;
  throw new DomainError(
    'FORBIDDEN',
    `"${model.name}" is listed: its results are everyone's, and only its owner can have it computed.`,
    path,
  );
}
