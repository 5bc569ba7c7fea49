import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { LabelLeakingInput } from '../schema/inputs/statistics.js';
import { Evaluation } from '../schema/objects/evaluation.js';
import { LabelLeaking, LabelLeakingConnection } from '../schema/objects/label-leaking.js';
import { Model } from '../schema/objects/model.js';
import { rowId } from '../schema/relay/global-id.js';
import { PageArgs } from '../schema/relay/page-args.js';
import { labelLeaking } from '../services/statistics/label-leaking.js';
import { findDataset } from '../services/find-dataset.js';
import { findModels, MOST_MODELS } from '../services/statistics/subjects.js';
import type { GraphQLContext } from './context.js';
import { given } from './given.js';
import { listPage } from './list-page.js';
import { present } from './node-types.js';

@Resolver(() => LabelLeaking)
export class LabelLeakingResolver {
  @Query(() => LabelLeakingConnection, {
    description: 'Models under one-step attacks, clean against adversarial accuracy: what speaks loudest for label leaking first.',
  })
  async labelLeaking(
    @Arg('input', () => LabelLeakingInput, { description: 'Where to look.' }) input: LabelLeakingInput,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer, services: { prisma } }: GraphQLContext,
  ): Promise<LabelLeakingConnection> {
    const { datasetId, modelIds, ...rest } = given(input);
    const models =
      modelIds &&
      (await findModels(
        prisma,
        modelIds.map((id) => rowId(id, 'Model')),
        [1, MOST_MODELS],
      ));
    const dataset = await findDataset(prisma, rowId(datasetId, 'Dataset'));
    const request = { ...rest, datasetId: dataset.id, modelIds: models?.map(({ id }) => id) };
    const rows = await labelLeaking(prisma, viewer, request);
    return new LabelLeakingConnection(
      listPage(
        rows,
        page,
        ({ evaluationId }) => evaluationId,
        (row) => new LabelLeaking(row),
      ),
    );
  }

  @FieldResolver(() => Model, { description: 'The model.' })
  async model(@Root() { row }: LabelLeaking, @Ctx() { loaders }: GraphQLContext): Promise<Model | null> {
    return present(await loaders.model.load(row.modelId), Model);
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation, with the attack.' })
  async evaluation(@Root() { row }: LabelLeaking, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation | null> {
    return present(await loaders.evaluation.load(row.evaluationId), Evaluation);
  }
}
