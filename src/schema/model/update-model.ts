import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { payloadUnion } from '../errors/payload-union.js';
import { Model } from './model.js';
import { ModelCard } from './model-card.js';
import { Visibility } from './visibility.js';

@InputType({ description: 'What to change of a model of yours. What is left out stays.' })
export class UpdateModelInput {
  @Field(() => ID, { description: 'Id of the model.' })
  modelId!: string;

  @Field(() => String, { nullable: true, description: 'What others should know about it, up to 2000 characters.' })
  description?: string;

  @Field(() => Visibility, { nullable: true, description: 'Who sees it.' })
  visibility?: Visibility;

  @Field(() => Boolean, {
    nullable: true,
    description: 'For a LISTED model: whether others can have this server make images on it and try them on models of their own.',
  })
  allowsTransfers?: boolean;

  @Field(() => ModelCard, { nullable: true, description: 'Its card.' })
  card?: ModelCard;
}

@ObjectType({ description: 'The model is changed.' })
export class UpdateModelSuccess {
  @Field(() => Model, { description: 'The model.' })
  readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }
}

export const UpdateModelPayload = payloadUnion('UpdateModelPayload', UpdateModelSuccess, ['VALIDATION', 'NOT_FOUND', 'NAME_TAKEN']);
