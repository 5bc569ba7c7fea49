/** What one target makes of evaluations, from its parts. @module */
import { bitsOf, staysRight, unpackOutcomes } from '../../results/outcomes.js';
import { countTransfer, joinTargets, packTarget, transferredOutcomes, unpackTarget } from '../../results/transfer.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { JobPart, Prisma } from '../../storage/generated/client.js';
import type { TargetRange } from './parts.js';

/** @param parts those of one target, in order. */
export async function transferResults(prisma: DatabaseClient, parts: readonly JobPart[]): Promise<Prisma.TransferResultCreateManyInput[]> {
  const { targetId: targetModelId, evaluationIds } = parts[0]!.input as unknown as TargetRange;
  const results = [];
  for (const [i, evaluationId] of evaluationIds.entries()) {
    const targetOutcomes = joinTargets(parts.map(({ bytes }) => unpackTarget(slot(bytes!, i, evaluationIds.length))));
    const row = await prisma.evaluation.findUnique({ where: { id: evaluationId }, select: { outcomes: true } });
    // Deleted since.
    if (!row) continue;
    const source = unpackOutcomes(row.outcomes!);
    results.push({
      evaluationId,
      targetModelId,
      ...countTransfer(source, targetOutcomes),
      outcomes: packTarget(targetOutcomes),
      adversarialRight: bitsOf(transferredOutcomes(source, targetOutcomes), staysRight),
    });
  }
  return results;
}

/** The bytes of one of `count` evaluations, which have as many each. */
function slot(bytes: Uint8Array, i: number, count: number): Uint8Array {
  const length = bytes.length / count;
  return bytes.subarray(i * length, (i + 1) * length);
}
