import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { DomainError } from '../../errors.js';
import { CorruptionAccuracy, CorruptionSummary, ModelCorruptionSummary } from '../../schema/statistics/corruption-summary.js';
import { CorruptionSummaryInput } from '../../schema/statistics/statistics-inputs.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Model } from '../../schema/model/model.js';
import { rowId } from '../../storage/global-id.js';
import { findDataset } from '../../services/dataset/find-dataset.js';
import { scaleOf } from '../../services/statistics/corrupted-accuracies.js';
import { publishedImages } from '../../services/statistics/published-images.js';
import { checkBaseline, corruptionResults } from '../../services/statistics/corruptions.js';
import { findModels, MOST_MODELS } from '../../services/statistics/subjects.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { evaluationNode } from '../evaluation/node.js';
import { modelNode } from '../model/node.js';

@Resolver(() => ModelCorruptionSummary)
export class CorruptionSummaryResolver {
  @Query(() => CorruptionSummary, {
    description:
      'Accuracy of models under common corruptions, the mean corruption error, and how both go together with adversarial accuracy.',
  })
  async corruptionSummary(
    @Arg('input', () => CorruptionSummaryInput, { description: 'Of what.' }) input: CorruptionSummaryInput,
    @Ctx() { viewer, services: { prisma, statistics, datasets } }: GraphQLContext,
  ): Promise<CorruptionSummary> {
    const { modelIds, datasetId, baselineModelId, baseline: named, publishedDatasetId, ...rest } = given(input);
    const ids = (global: readonly string[]) => global.map((id) => rowId(id, 'Model'));
    const models = await findModels(prisma, ids(modelIds), [1, MOST_MODELS]);
    const dataset = await findDataset(prisma, rowId(datasetId, 'Dataset'));
    const scale = scaleOf(dataset);
    if (named && baselineModelId) throw new DomainError('VALIDATION', 'Name one baseline: a model, or published errors.', ['baseline']);
    if (named) checkBaseline(dataset, scale);
    const [model] = baselineModelId ? await findModels(prisma, ids([baselineModelId]), [1, 1]) : [];
    const baseline = model ? { modelId: model.id } : named;
    const published = publishedDatasetId
      ? await publishedImages(datasets, dataset, await findDataset(prisma, rowId(publishedDatasetId, 'Dataset'), 'publishedDatasetId'))
      : undefined;
    const wanted = { ...rest, scale, modelIds: models.map(({ id }) => id), ...(baseline && { baseline }), ...(published && { published }) };
    const results = await statistics.read('corruptionSummary', viewer, dataset, wanted, (request) =>
      corruptionResults(prisma, viewer, request),
    );
    return new CorruptionSummary(results);
  }

  @FieldResolver(() => Model, { description: 'The model.' })
  model(@Root() { summary }: ModelCorruptionSummary, @Ctx() { loaders }: GraphQLContext): Promise<Model> {
    return modelNode.get(loaders, summary.modelId);
  }
}

@Resolver(() => CorruptionAccuracy)
export class CorruptionAccuracyResolver {
  @FieldResolver(() => Evaluation, { description: 'The evaluation that it is from.' })
  evaluation(@Root() { evaluationId }: CorruptionAccuracy, @Ctx() { loaders }: GraphQLContext): Promise<Evaluation> {
    return evaluationNode.get(loaders, evaluationId);
  }
}
