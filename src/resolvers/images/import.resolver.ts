import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { ImportImagesInput } from '../../schema/images/import-images-input.js';
import { Evaluation } from '../../schema/evaluation/evaluation.js';
import { Job } from '../../schema/job/job.js';
import { ImportImagesPayload } from '../../schema/images/import-images-payload.js';
import { StartEvaluationSuccess } from '../../schema/evaluation/start-evaluation-payload.js';
import { rowId } from '../../storage/global-id.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';

@Resolver()
export class ImportResolver {
  @Mutation(() => ImportImagesPayload, {
    description:
      'Evaluates models on imported adversarial images: each model gets an evaluation with attack `IMPORTED`. Returns at once with jobs.',
  })
  async importImages(
    @Arg('input', () => ImportImagesInput, { description: 'The images and what they are.' }) input: ImportImagesInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof ImportImagesPayload> {
    const { modelIds, datasetId, ...rest } = given(input);
    const rows = await services.imports.start(viewer, {
      ...rest,
      modelIds: modelIds.map((id) => rowId(id, 'Model')),
      datasetId: rowId(datasetId, 'Dataset'),
    });
    return new StartEvaluationSuccess(
      rows.map((row) => new Evaluation(row)),
      rows.map((row) => new Job(row.job)),
    );
  }
}
