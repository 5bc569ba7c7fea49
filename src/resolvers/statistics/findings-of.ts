import type { Finding } from '../../results/findings/types.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import { findingsOf } from '../../storage/json.js';

const WEIGHT = { ERROR: 2, WARNING: 1, INFO: 0 };

/** What was found in any of several evaluations, each code once: where it is most severe. */
export function findingsOfAll(rows: readonly Pick<EvaluationRow, 'findings'>[]): Finding[] {
  const loudest = new Map<string, Finding>();
  for (const finding of rows.flatMap((row) => findingsOf(row) ?? [])) {
    const known = loudest.get(finding.code);
    if (!known || WEIGHT[finding.severity] > WEIGHT[known.severity]) loudest.set(finding.code, finding);
  }
  return [...loudest.values()];
}
