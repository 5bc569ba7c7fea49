import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { classifiers } from '../../compute/classifiers/index.js';
import { ClassifierFit, ClassifierKind } from '../../schema/classifier/classifier.js';
import { TrainClassifierInput, TrainClassifierPayload, TrainClassifierSuccess } from '../../schema/classifier/train-classifier.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Job } from '../../schema/job/job.js';
import { Model } from '../../schema/model/model.js';
import { selectionOf } from '../../schema/training/described-input.js';
import { rowId } from '../../storage/global-id.js';
import { classifierOf } from '../../storage/json.js';
import type { GraphQLContext } from '../context.js';
import { datasetNode } from '../dataset/node.js';
import { given } from '../given.js';

@Resolver(() => Model)
export class ClassifierResolver {
  @Query(() => [ClassifierKind], { description: 'The classical classifiers that this server can fit, with their parameters.' })
  classifierKinds(): ClassifierKind[] {
    return classifiers.map((definition) => new ClassifierKind(definition));
  }

  @FieldResolver(() => ClassifierFit, {
    nullable: true,
    description: 'How it was fitted; null where it is no classical classifier of this server.',
  })
  classifier(@Root() { row }: Model): ClassifierFit | null {
    const plan = classifierOf(row);
    return plan && new ClassifierFit(plan);
  }

  @FieldResolver(() => Dataset, { nullable: true, description: 'The data set that a classical classifier was fitted to.' })
  fittedTo(@Root() { row }: Model, @Ctx() { loaders }: GraphQLContext): Promise<Dataset | null> {
    return datasetNode.find(loaders, row.fittedToId);
  }

  @Mutation(() => TrainClassifierPayload, {
    description:
      'Fits a classical classifier to examples of a data set: linear ones, support vector machines, naive Bayes, trees or neighbours. Returns at once with a job and with the model to be, which is an ONNX file.',
  })
  async trainClassifier(
    @Arg('input', () => TrainClassifierInput, { description: 'What to fit.' }) input: TrainClassifierInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof TrainClassifierPayload> {
    const { name, description, visibility, offset, sampleCount, seed } = given(input);
    const request = { ...selectionOf(input.classifier), datasetId: rowId(input.datasetId, 'Dataset'), offset, sampleCount, seed };
    const { model, job } = await services.classifiers.train(viewer, { name, description, visibility }, request);
    return new TrainClassifierSuccess(new Model(model), new Job(job));
  }
}
