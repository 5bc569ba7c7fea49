import { Evaluation, EvaluationOrderField, type EvaluationRow } from '../../schema/evaluation/evaluation.js';
import type { EvaluationFilter } from '../../schema/evaluation/evaluation-filter.js';
import { defineNode } from '../relay/define-node.js';
import { evaluationWhere } from './evaluation-where.js';

export const evaluationNode = defineNode<EvaluationRow, Evaluation, EvaluationFilter>({
  type: Evaluation,
  table: ({ evaluation }) => evaluation,
  where: evaluationWhere,
  nullable: [EvaluationOrderField.EPSILON],
});
