import { Field, ObjectType } from 'type-graphql';
import {
  InvalidModelError,
  LimitExceededError,
  NameTakenError,
  NotFoundError,
  UnsupportedModelError,
  ValidationError,
} from '../errors/index.js';
import { Model } from '../objects/model.js';
import { payloadUnion } from './payload-union.js';

@ObjectType({ description: 'The model was checked and is ready to be attacked.' })
export class SubmitModelSuccess {
  @Field(() => Model, { description: 'The model.' })
  readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }
}

export const SubmitModelPayload = payloadUnion('SubmitModelPayload', SubmitModelSuccess, [
  ValidationError,
  NotFoundError,
  NameTakenError,
  InvalidModelError,
  UnsupportedModelError,
  LimitExceededError,
]);
