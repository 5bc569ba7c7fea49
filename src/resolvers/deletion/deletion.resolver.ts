import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  certificationDeletion,
  datasetDeletion,
  destructionDeletion,
  evaluationDeletion,
  savedViewDeletion,
  studyDeletion,
  trainingRunDeletion,
  transferDeletion,
  webhookDeletion,
} from '../../schema/deletion/deletion.js';
import type { DeletableKind } from '../../services/deletion/deletables.js';
import { rowId } from '../../storage/global-id.js';
import type { GraphQLContext } from '../context.js';

type Deletion = typeof evaluationDeletion;
type Input = Readonly<Record<string, string>>;

const WHAT = { description: 'What to delete.' };

@Resolver()
export class DeletionResolver {
  @Mutation(() => certificationDeletion.Payload, { description: certificationDeletion.description })
  deleteCertification(@Arg('input', () => certificationDeletion.Input, WHAT) input: Input, @Ctx() context: GraphQLContext) {
    return remove('certification', certificationDeletion, input, context);
  }

  @Mutation(() => datasetDeletion.Payload, { description: datasetDeletion.description })
  deleteDataset(@Arg('input', () => datasetDeletion.Input, WHAT) input: Input, @Ctx() context: GraphQLContext) {
    return remove('dataset', datasetDeletion, input, context);
  }

  @Mutation(() => destructionDeletion.Payload, { description: destructionDeletion.description })
  deleteDestruction(@Arg('input', () => destructionDeletion.Input, WHAT) input: Input, @Ctx() context: GraphQLContext) {
    return remove('destruction', destructionDeletion, input, context);
  }

  @Mutation(() => evaluationDeletion.Payload, { description: evaluationDeletion.description })
  deleteEvaluation(@Arg('input', () => evaluationDeletion.Input, WHAT) input: Input, @Ctx() context: GraphQLContext) {
    return remove('evaluation', evaluationDeletion, input, context);
  }

  @Mutation(() => savedViewDeletion.Payload, { description: savedViewDeletion.description })
  deleteSavedView(@Arg('input', () => savedViewDeletion.Input, WHAT) input: Input, @Ctx() context: GraphQLContext) {
    return remove('savedView', savedViewDeletion, input, context);
  }

  @Mutation(() => studyDeletion.Payload, { description: studyDeletion.description })
  deleteStudy(@Arg('input', () => studyDeletion.Input, WHAT) input: Input, @Ctx() context: GraphQLContext) {
    return remove('study', studyDeletion, input, context);
  }

  @Mutation(() => trainingRunDeletion.Payload, { description: trainingRunDeletion.description })
  deleteTrainingRun(@Arg('input', () => trainingRunDeletion.Input, WHAT) input: Input, @Ctx() context: GraphQLContext) {
    return remove('trainingRun', trainingRunDeletion, input, context);
  }

  @Mutation(() => transferDeletion.Payload, { description: transferDeletion.description })
  deleteTransfer(@Arg('input', () => transferDeletion.Input, WHAT) input: Input, @Ctx() context: GraphQLContext) {
    return remove('transfer', transferDeletion, input, context);
  }

  @Mutation(() => webhookDeletion.Payload, { description: webhookDeletion.description })
  deleteWebhook(@Arg('input', () => webhookDeletion.Input, WHAT) input: Input, @Ctx() context: GraphQLContext) {
    return remove('webhook', webhookDeletion, input, context);
  }
}

async function remove(kind: DeletableKind, { type, member, Success }: Deletion, input: Input, { viewer, services }: GraphQLContext) {
  const id = input[member]!;
  await services.deletions.delete(viewer, kind, rowId(id, type));
  return new Success(id);
}
