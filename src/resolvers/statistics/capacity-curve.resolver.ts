import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { CapacityCurveInput } from '../../schema/statistics/statistics-inputs.js';
import { CapacityCurve, CapacityPoint } from '../../schema/statistics/capacity-curve.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Model } from '../../schema/model/model.js';
import { rowId } from '../../storage/global-id.js';
import { capacityCurves } from '../../services/statistics/capacity-curve.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { modelNode } from '../model/node.js';
import { evaluationNode } from '../evaluation/node.js';

@Resolver(() => CapacityPoint)
export class CapacityCurveResolver {
  @Query(() => CapacityCurve, {
    description:
      'Whether wider networks keep more of their accuracy under attack: models that were trained from architectures, by their width ρ.',
  })
  async capacityCurve(
    @Arg('input', () => CapacityCurveInput, { description: 'Data set and attack.' }) input: CapacityCurveInput,
    @Ctx() { viewer, services: { prisma, statistics } }: GraphQLContext,
  ): Promise<CapacityCurve> {
    const { datasetId, ...rest } = given(input);
    const dataset = await findDataset(prisma, rowId(datasetId, 'Dataset'));
    const curves = await statistics.read('capacityCurve', viewer, dataset, rest, (request) => capacityCurves(prisma, viewer, request));
    return new CapacityCurve(curves);
  }

  @FieldResolver(() => Model, { description: 'The model.' })
  model(@Root() { point }: CapacityPoint, @Ctx() { loaders }: GraphQLContext): Promise<Model> {
    return modelNode.get(loaders, point.modelId);
  }

  @FieldResolver(() => Evaluation, { description: 'The evaluation, with the attack.' })
  evaluation(@Root() { point }: CapacityPoint, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation> {
    return evaluationNode.get(loaders, point.evaluationId);
  }
}
