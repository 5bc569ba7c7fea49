import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { wilson } from '../../compute/statistics/index.js';
import { areGradientsMasked } from '../../results/findings/masked.js';
import { WorstCaseInput } from '../../schema/worst-case/worst-case-input.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { WorstCase } from '../../schema/worst-case/worst-case.js';
import { rowId } from '../../storage/global-id.js';
import { findingsOf } from '../../storage/json.js';
import { findWorstCase } from '../../services/worst-case/worst-case.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { findingsOfAll } from '../statistics/findings-of.js';

@Resolver()
export class WorstCaseResolver {
  @Query(() => WorstCase, {
    nullable: true,
    description:
      'Robust accuracy of a model: the mean over examples of the minimum over attacks. Of this model alone: what is known of others of the same fingerprint counts on leaderboards. Null where no evaluation has finished.',
  })
  async worstCase(
    @Arg('input', () => WorstCaseInput, { description: 'Of what.' }) input: WorstCaseInput,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<WorstCase | null> {
    const { modelId, datasetId, evaluationIds, ...rest } = given(input);
    const request = {
      ...rest,
      modelId: rowId(modelId, 'Model'),
      datasetId: rowId(datasetId, 'Dataset'),
      evaluationIds: evaluationIds?.map((id) => rowId(id, 'Evaluation')),
    };
    const found = await findWorstCase(prisma, request);
    if (!found) return null;
    const { offset, examples, clean, right, contributions, evaluations } = found;
    const own = evaluations.filter((row) => row.modelId === request.modelId);
    return {
      offset,
      clean: wilson(clean, examples),
      robust: wilson(right, examples),
      contributions: evaluations.map((row, i) => ({
        evaluation: new Evaluation(row),
        transferred: row.modelId !== request.modelId,
        ...contributions[i]!,
      })),
      findings: findingsOfAll(own),
      maskedGradients: areGradientsMasked(own.map((row) => ({ ...row, findings: findingsOf(row) ?? [] }))),
    };
  }
}
