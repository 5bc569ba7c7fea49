import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { wilson } from '../../compute/statistics/index.js';
import type { TrainingPlan } from '../../compute/training/index.js';
import { LabelLeakingInput } from '../../schema/statistics/statistics-inputs.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { LabelLeaking, LabelLeakingConnection } from '../../schema/statistics/label-leaking.js';
import { Model } from '../../schema/model/model.js';
import { Proportion } from '../../schema/statistics/proportion.js';
import { rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import { labelLeaking } from '../../services/statistics/label-leaking.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import { findModels, MOST_MODELS } from '../../services/statistics/subjects.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { listPage } from '../relay/list-page.js';
import type { Loaders } from '../loaders.js';
import { modelNode } from '../model/node.js';
import { evaluationNode } from '../evaluation/node.js';

@Resolver(() => LabelLeaking)
export class LabelLeakingResolver {
  @Query(() => LabelLeakingConnection, {
    description: 'Models under one-step attacks, clean against adversarial accuracy: what speaks loudest for label leaking first.',
  })
  async labelLeaking(
    @Arg('input', () => LabelLeakingInput, { description: 'Where to look.' }) input: LabelLeakingInput,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer, services: { prisma, statistics } }: GraphQLContext,
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
    const wanted = { ...rest, modelIds: models?.map(({ id }) => id) };
    const tests = await statistics.read('labelLeaking', viewer, dataset, wanted, (request) => labelLeaking(prisma, viewer, request));
    return new LabelLeakingConnection(
      listPage(
        tests.flatMap((test) => test.evaluationIds.map((evaluationId) => ({ evaluationId, test }))),
        page,
        ({ evaluationId }) => evaluationId,
        ({ evaluationId, test }) => new LabelLeaking(evaluationId, test),
      ),
    );
  }

  @FieldResolver(() => Model, { description: 'The model.' })
  async model(@Root() { evaluationId }: LabelLeaking, @Ctx() { loaders }: GraphQLContext): Promise<Model> {
    const { row } = await evaluationNode.get(loaders, evaluationId);
    return modelNode.get(loaders, row.modelId);
  }

  @FieldResolver(() => Proportion, { description: 'Accuracy on the original images.' })
  async clean(@Root() { evaluationId }: LabelLeaking, @Ctx() { loaders }: GraphQLContext): Promise<Proportion> {
    const { row } = await evaluationNode.get(loaders, evaluationId);
    return wilson(row.cleanTop1!, row.sampleCount);
  }

  @FieldResolver(() => Proportion, { description: 'Accuracy on the adversarial images.' })
  async adversarial(@Root() { evaluationId }: LabelLeaking, @Ctx() { loaders }: GraphQLContext): Promise<Proportion> {
    const { row } = await evaluationNode.get(loaders, evaluationId);
    return wilson(row.adversarialTop1!, row.sampleCount);
  }

  @FieldResolver(() => String, { nullable: true, description: 'Scheme that the model was trained by; null where it was submitted.' })
  async scheme(@Root() { evaluationId }: LabelLeaking, @Ctx() { loaders }: GraphQLContext): Promise<string | null> {
    return (await schemeOf(evaluationId, loaders))?.name ?? null;
  }

  @FieldResolver(() => [String], { description: "Attacks that the training was asked to use; empty where it uses the scheme's own." })
  async trainingAttacks(@Root() { evaluationId }: LabelLeaking, @Ctx() { loaders }: GraphQLContext): Promise<string[]> {
    return (await schemeOf(evaluationId, loaders))?.attacks.map(({ kind }) => kind) ?? [];
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation, with the attack.' })
  evaluation(@Root() { evaluationId }: LabelLeaking, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation> {
    return evaluationNode.get(loaders, evaluationId);
  }
}

/** Of the training of the evaluated model. */
async function schemeOf(evaluationId: string, loaders: Loaders): Promise<TrainingPlan['scheme'] | undefined> {
  const evaluation = await evaluationNode.row(loaders, evaluationId);
  const run = evaluation && (await loaders.trainingRunOfModel.load(evaluation.modelId));
  return (run?.plan as TrainingPlan | undefined)?.scheme;
}
