/** The checklist of a model on one data set. @module */
import { corruption } from '../../compute/attacks/index.js';
import { isRandom } from '../../compute/evaluation/index.js';
import { checklist, type ChecklistItem } from '../../results/checklist.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import type { Model } from '../../storage/generated/client.js';
import { diagnosticsOf, findingsOf, parametersOf, specOf, stagesOf } from '../../storage/json.js';

/** The newest that are read. */
const MOST = 500;

/** @param prisma finds what the viewer may see. @returns items, and the evaluations that they name. */
export async function modelChecklist(
  prisma: DatabaseClient,
  model: Model,
  datasetId: string,
): Promise<{ items: ChecklistItem[]; evaluations: ReadonlyMap<string, EvaluationRow> }> {
  const [rows, transfers] = await Promise.all([
    prisma.evaluation.findMany({
      where: { modelId: model.id, datasetId, heldOut: false, attackKind: { not: corruption.kind }, job: { state: 'SUCCEEDED' } },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: MOST,
    }),
    prisma.transferResult.count({ where: { targetModelId: model.id, evaluation: { datasetId, modelId: { not: model.id } } } }),
  ]);
  const spec = specOf(model);
  const defence = {
    hasDetector: spec.detector !== undefined,
    hasPreprocessor: spec.preprocessor ?? false,
    isRandom: rows.some((row) => {
      const diagnostics = diagnosticsOf(row);
      return diagnostics !== null && isRandom(diagnostics);
    }),
    transfers,
  };
  const checked = rows.map((row) => ({
    ...row,
    parameters: parametersOf(row),
    stages: stagesOf(row) ?? [],
    findings: (findingsOf(row) ?? []).flatMap(({ code, severity }) => (severity === 'INFO' ? [] : [code])),
  }));
  return { items: checklist(checked, defence), evaluations: new Map(rows.map((row) => [row.id, row])) };
}
