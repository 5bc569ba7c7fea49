import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RobustnessCurveInput } from '../../schema/statistics/statistics-inputs.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { ModelCurve, RobustnessCurve, RobustnessPoint } from '../../schema/statistics/robustness-curve.js';
import { rowId } from '../../storage/global-id.js';
import { robustnessCurves } from '../../services/statistics/robustness-curve.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import { findModels, MOST_MODELS } from '../../services/statistics/subjects.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { evaluationNode } from '../evaluation/node.js';

@Resolver(() => RobustnessPoint)
export class RobustnessCurveResolver {
  @Query(() => RobustnessCurve, { description: 'Accuracy of models against the budget of an attack.' })
  async robustnessCurve(
    @Arg('input', () => RobustnessCurveInput, { description: 'Of what.' }) input: RobustnessCurveInput,
    @Ctx() { viewer, services: { prisma, statistics } }: GraphQLContext,
  ): Promise<RobustnessCurve> {
    const { modelIds, datasetId, ...rest } = given(input);
    const models = await findModels(
      prisma,
      modelIds.map((id) => rowId(id, 'Model')),
      [1, MOST_MODELS],
    );
    const dataset = await findDataset(prisma, rowId(datasetId, 'Dataset'));
    const wanted = { ...rest, modelIds: models.map(({ id }) => id) };
    const curves = await statistics.read('robustnessCurve', viewer, dataset, wanted, (request) =>
      robustnessCurves(prisma, viewer, request),
    );
    return { attackKind: rest.attackKind, curves: curves.map((curve, i) => new ModelCurve(curve, models[i]!)) };
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation that it is from.' })
  evaluation(@Root() { point }: RobustnessPoint, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation> {
    return evaluationNode.get(loaders, point.evaluationId);
  }
}
