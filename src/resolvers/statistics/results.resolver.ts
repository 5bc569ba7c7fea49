import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { Dataset } from '../../schema/dataset/dataset.js';
import { ResultGroup } from '../../schema/statistics/result-group.js';
import { resultGroups } from '../../services/statistics/results.js';
import type { GraphQLContext } from '../context.js';
import { datasetNode } from '../dataset/node.js';

@Resolver(() => ResultGroup)
export class ResultsResolver {
  @Query(() => [ResultGroup], {
    description:
      'Of which data sets, norms, budgets and attacks there are results that you can see; those with the most evaluations first.',
  })
  async results(@Ctx() { services: { prisma } }: GraphQLContext): Promise<ResultGroup[]> {
    return (await resultGroups(prisma)).map((group) => new ResultGroup(group));
  }

  @FieldResolver(() => Dataset, { description: 'The data set.' })
  dataset(@Root() { group }: ResultGroup, @Ctx() { loaders }: GraphQLContext): Promise<Dataset> {
    return datasetNode.get(loaders, group.datasetId);
  }
}
