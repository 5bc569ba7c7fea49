import { Arg, Ctx, FieldResolver, ID, Resolver, Root } from 'type-graphql';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { ChecklistItem } from '../../schema/model/checklist.js';
import { Model } from '../../schema/model/model.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import { modelChecklist } from '../../services/statistics/checklist.js';
import { rowId } from '../../storage/global-id.js';
import type { GraphQLContext } from '../context.js';

@Resolver(() => Model)
export class ChecklistResolver {
  @FieldResolver(() => [ChecklistItem], {
    description:
      'What an evaluation of it on a data set should have done, by the checklist of Carlini et al. 2019, each item with the evaluations that show it.',
  })
  async checklist(
    @Root() { row }: Model,
    @Arg('datasetId', () => ID, { description: 'Id of the data set.' }) datasetId: string,
    @Ctx() { services }: GraphQLContext,
  ): Promise<ChecklistItem[]> {
    const dataset = await findDataset(services.prisma, rowId(datasetId, 'Dataset'));
    const { items, evaluations } = await modelChecklist(services.prisma, row, dataset.id);
    return items.map((item) => ({ ...item, evaluations: item.evaluations.map((id) => new Evaluation(evaluations.get(id)!)) }));
  }
}
