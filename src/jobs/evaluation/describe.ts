/** Evaluations in a few words, for the log. @module */
import { formatMagnitude } from '../../compute/parameters/index.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Prisma } from '../../storage/generated/client.js';

export async function describeEvaluation(prisma: DatabaseClient, where: Prisma.EvaluationWhereUniqueInput): Promise<string> {
  const { attackKind, epsilon, model } = await prisma.evaluation.findUniqueOrThrow({ where, include: { model: true } });
  const budget = epsilon === null ? 'without limit' : `with ε = ${formatMagnitude(epsilon)}`;
  return `${attackKind} ${budget} on ${model.name}`;
}
