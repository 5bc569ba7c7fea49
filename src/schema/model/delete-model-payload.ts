import { Field, ID, ObjectType } from 'type-graphql';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The model is gone, with its evaluations.' })
export class DeleteModelSuccess {
  @Field(() => ID, { description: 'Id that the model had.' })
  readonly deletedModelId: string;

  constructor(deletedModelId: string) {
    this.deletedModelId = deletedModelId;
  }
}

export const DeleteModelPayload = payloadUnion('DeleteModelPayload', DeleteModelSuccess, ['NOT_FOUND']);
