import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { ExampleFate, ExampleFates } from '../../schema/statistics/example-fates.js';
import { MAX_PAGE } from '../../page-size.js';
import { rowId } from '../../storage/global-id.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import { exampleFates } from '../../services/statistics/example-fates.js';
import type { GraphQLContext } from '../context.js';
import { evaluationNode } from '../evaluation/node.js';
import { badInput } from '../relay/pagination.js';

@Resolver(() => ExampleFate)
export class ExampleFatesResolver {
  @Query(() => ExampleFates, { description: 'What became of one example of a data set under every attack on every model.' })
  async exampleFates(
    @Arg('datasetId', () => ID, { description: 'The data set.' }) datasetId: string,
    @Arg('index', () => Int, { description: 'Position of the example in it.' }) index: number,
    @Arg('first', () => Int, { defaultValue: MAX_PAGE, description: `How many are listed, ${MAX_PAGE} at most.` }) first: number,
    @Ctx() { viewer, services: { prisma } }: GraphQLContext,
  ): Promise<ExampleFates> {
    if (first < 1 || first > MAX_PAGE) throw badInput(`first must be from 1 to ${MAX_PAGE}.`);
    const dataset = await findDataset(prisma, rowId(datasetId, 'Dataset'));
    if (index < 0 || index >= dataset.exampleCount) throw badInput(`index must be from 0 to ${dataset.exampleCount - 1}.`);
    const { rows, evaluations, cleanCorrect, adversarialCorrect } = await exampleFates(prisma, viewer, {
      datasetId: dataset.id,
      index,
      first,
    });
    return {
      evaluationCount: evaluations,
      cleanCorrectCount: cleanCorrect,
      adversarialCorrectCount: adversarialCorrect,
      fates: rows.map((row) => new ExampleFate(row)),
    };
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation.' })
  evaluation(@Root() { row }: ExampleFate, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation> {
    return evaluationNode.get(loaders, row.evaluationId);
  }
}
