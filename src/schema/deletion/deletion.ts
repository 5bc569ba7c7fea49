/** What deleting takes and answers, in one shape for everything that can be deleted: `{ <kind>Id }` in, `deleted<Type>Id` out. @module */
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { payloadUnion } from '../errors/payload-union.js';

/** @param type such as `Evaluation`. @param title the same in words. @param goes what goes with it. */
function deletionOf(type: string, title: string, goes: string) {
  const member = `${type[0]!.toLowerCase()}${type.slice(1)}Id`;

  @InputType(`Delete${type}Input`, { description: `A ${title} to delete${goes}.` })
  class Input {
    readonly [member: string]: string;
  }
  Field(() => ID, { description: `Id of the ${title}.` })(Input.prototype, member);

  @ObjectType(`Delete${type}Success`, { description: `The ${title} is gone${goes}.` })
  class Success {
    readonly [member: string]: string;

    constructor(id: string) {
      (this as Record<string, string>)[`deleted${type}Id`] = id;
    }
  }
  Field(() => ID, { description: `Id that the ${title} had.` })(Success.prototype, `deleted${type}Id`);

  const Payload = payloadUnion(`Delete${type}Payload`, Success, ['NOT_FOUND', 'IN_USE']);
  return { type, member, Input, Success, Payload, description: `Deletes a ${title}${goes}. Refused while something is made from it.` };
}

export const certificationDeletion = deletionOf('Certification', 'certification', ', with its job');
export const datasetDeletion = deletionOf('Dataset', 'data set', ', with its files where they were uploaded');
export const destructionDeletion = deletionOf('Destruction', 'destruction', ', with its job');
export const evaluationDeletion = deletionOf('Evaluation', 'evaluation', ', with its images, jobs and destructions');
export const savedViewDeletion = deletionOf('SavedView', 'saved view', '');
export const studyDeletion = deletionOf('Study', 'study', ', with its report; what it has trained and evaluated stays');
export const trainingRunDeletion = deletionOf('TrainingRun', 'training run', ', with its checkpoints; a trained model stays');
export const transferDeletion = deletionOf('Transfer', 'transfer', ', with what no other transfer has');
export const webhookDeletion = deletionOf('Webhook', 'webhook', ', which is told nothing more');
