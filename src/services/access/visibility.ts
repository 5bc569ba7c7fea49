/**
 * What a principal sees: for every table the condition under which a row exists for it. A private model, and everything that was derived from it,
 * exists for its owner and for admins; for others it is not forbidden but not found.
 * @module
 */
import type { DatabaseClient } from '../../storage/database.js';
import { Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';

/** A table without a rule does not compile. */
function visibleTo(owner: string) {
  // A public model is visible only to its owner until it is ready.
  const model: Prisma.ModelWhereInput = { OR: [{ visibility: 'PUBLIC', status: 'READY' }, { owner }] };
  const evaluation: Prisma.EvaluationWhereInput = { model };
  const trainingRun: Prisma.TrainingRunWhereInput = { model };
  const transfer: Prisma.TransferWhereInput = { evaluations: { every: evaluation }, targets: { every: model } };
  return {
    Artifact: {
      OR: [
        { models: { some: model } },
        { evaluations: { some: evaluation } },
        { jobParts: { some: { job: { owner } } } },
        { trainingPoints: { some: { trainingRun: { model: { owner } } } } },
      ],
    },
    Certification: { model },
    ComputeUse: { owner },
    Dataset: {},
    Destruction: { evaluation },
    EndpointSecret: { model: { owner } },
    Evaluation: evaluation,
    // Of nobody's concern but the server's.
    Installation: { id: { in: [] } },
    Job: {
      OR: [
        { owner },
        { evaluation },
        { imagesOf: evaluation },
        { destruction: { evaluation } },
        { certification: { model } },
        { model },
        { transfer },
      ],
    },
    JobPart: { job: { owner } },
    JobWait: { job: { owner } },
    Model: model,
    Session: { token: { name: owner } },
    Study: { owner },
    StudyTask: { study: { owner } },
    Token: { name: owner },
    TrainingPoint: { trainingRun },
    TrainingRun: trainingRun,
    Transfer: transfer,
    TransferResult: { evaluation, target: model },
    Upload: { owner },
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
    : Prisma.sql`("Model"."visibility" = 'PUBLIC' AND "Model"."status" = 'READY' OR "Model"."owner" = ${name})`;

function conjunction(where: { AND?: object | object[] } = {}): object[] {
  return where.AND === undefined ? [] : [where.AND].flat();
}
