import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { CompareModelsInput } from '../../schema/statistics/statistics-inputs.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { ComparedModel, ModelComparison } from '../../schema/statistics/model-comparison.js';
import { rowId, rowIds } from '../../storage/global-id.js';
import { compareModels, MOST_COMPARED } from '../../services/statistics/compare-models.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import { findModels } from '../../services/statistics/subjects.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { badInput } from '../relay/pagination.js';
import { evaluationNode } from '../evaluation/node.js';

@Resolver(() => ComparedModel)
export class ModelComparisonResolver {
  @Query(() => ModelComparison, { description: 'Models compared example by example: exact McNemar tests of every pair.' })
  async compareModels(
    @Arg('input', () => CompareModelsInput, { description: 'Which models, on what.' }) input: CompareModelsInput,
    @Ctx() { viewer, services: { prisma, statistics } }: GraphQLContext,
  ): Promise<ModelComparison> {
    const { modelIds, datasetId, attackKind, epsilon, evaluationIds, ...range } = given(input);
    if (epsilon !== undefined && attackKind === undefined) throw badInput('`epsilon` is the budget of an attack: give `attackKind` too.');
    const models = await findModels(
      prisma,
      modelIds.map((id) => rowId(id, 'Model')),
      [2, MOST_COMPARED],
    );
    const dataset = await findDataset(prisma, rowId(datasetId, 'Dataset'));
    const attack = attackKind === undefined ? undefined : { kind: attackKind, epsilon };
    const wanted = {
      ...range,
      modelIds: models.map(({ id }) => id),
      attack,
      evaluationIds: evaluationIds && rowIds(evaluationIds, 'Evaluation'),
    };
    const comparison = await statistics.read('compareModels', viewer, dataset, wanted, (request) => compareModels(prisma, viewer, request));
    return new ModelComparison(comparison, new Map(models.map((model) => [model.id, model])));
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation that its outcomes are from.' })
  evaluation(@Root() { compared }: ComparedModel, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation> {
    return evaluationNode.get(loaders, compared.evaluationId);
  }
}
