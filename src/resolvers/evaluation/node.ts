import { Evaluation, EvaluationOrderField } from '../../schema/evaluation/evaluation.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import type { EvaluationFilter } from '../../schema/evaluation/evaluation-filter.js';
import { defineNode } from '../relay/define-node.js';
import { evaluationWhere } from '../../services/evaluation/evaluation-where.js';

export const evaluationNode = defineNode<EvaluationRow, Evaluation, EvaluationFilter>({
  type: Evaluation,
  table: ({ evaluation }) => evaluation,
  where: evaluationWhere,
  nullable: [EvaluationOrderField.EPSILON, EvaluationOrderField.ACCURACY, EvaluationOrderField.CLEAN_ACCURACY],
});
