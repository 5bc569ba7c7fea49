/** How networks of a data set fare under all corruptions together. @module */
import { corruption } from '../../compute/attacks/index.js';
import { corruptionScaleOf, SEVERITIES } from '../../compute/data/index.js';
import { COUNTED_CORRUPTIONS } from '../../results/corruptions.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Dataset } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { finished, onDataset, underAttacks } from './finished.js';

/** The published table that fits the images of a data set. */
export const scaleOf = ({ imageShape: [height = 0, width = 0, channels = 0] }: Pick<Dataset, 'imageShape'>) =>
  corruptionScaleOf([height, width, channels]);

/**
 * Mean accuracy over the 15 corruptions and five severities of networks, by their fingerprints; of the largest range where all were measured. Networks without
 * it are left out.
 */
export async function corruptedAccuracies(prisma: DatabaseClient, viewer: Principal, datasetId: string): Promise<Map<string, number>> {
  const dataset = await prisma.dataset.findUniqueOrThrow({ where: { id: datasetId } });
  const rows = await prisma.$queryRaw<{ fingerprint: string; accuracy: number }[]>`
    WITH "newest" AS (
      SELECT DISTINCT ON ("fingerprint", "offset", "sampleCount", "parameters" -> 'kind', "parameters" -> 'severity')
        "fingerprint", "offset", "sampleCount", "adversarialTop1"
      FROM ${finished(viewer)}
      WHERE ${onDataset(datasetId)} AND ${underAttacks([corruption.kind])} AND "parameters" ->> 'scale' IN ('AUTO', ${scaleOf(dataset)})
        AND "parameters" ->> 'kind' = ANY(${COUNTED_CORRUPTIONS}::TEXT[])
      ORDER BY "fingerprint", "offset", "sampleCount", "parameters" -> 'kind', "parameters" -> 'severity', "finishedAt" DESC
    )
    SELECT DISTINCT ON ("fingerprint") "fingerprint", avg("adversarialTop1"::FLOAT8 / "sampleCount") AS "accuracy"
    FROM "newest" GROUP BY "fingerprint", "offset", "sampleCount" HAVING count(*) = ${COUNTED_CORRUPTIONS.length * SEVERITIES.length}
    ORDER BY "fingerprint", "sampleCount" DESC, "offset"`;
  return new Map(rows.map(({ fingerprint, accuracy }) => [fingerprint, accuracy]));
}
