import { Field, Float, ID, InputType } from 'type-graphql';
import { ModelAccess, ModelFormat } from './enums.js';
import { Visibility } from './visibility.js';
import { ArchitectureInput } from './architecture-input.js';
import { EndpointInput } from './endpoint-input.js';
import { ModelSpecInput } from './model-spec-input.js';

@InputType({ description: 'A model to keep: from an upload, from a built-in architecture, or behind an endpoint. Give one of the three.' })
export class SubmitModelInput {
  @Field(() => String, {
    description: 'Name: 1 to 100 letters, digits, spaces and `. _ - + ( ) /`. No other model that is public or yours may have it.',
  })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What others should know about it, up to 2000 characters.' })
  description?: string;

  @Field(() => Visibility, {
    defaultValue: Visibility.PRIVATE,
    description: 'Who sees it and all that is measured on it. A public model can be downloaded by everyone with a token.',
  })
  visibility!: Visibility;

  @Field(() => ID, { nullable: true, description: 'Id of a finished upload: an .onnx file, or a zip, tar or tar.gz of the files.' })
  uploadId?: string;

  @Field(() => ArchitectureInput, { nullable: true, description: 'A built-in architecture.' })
  architecture?: ArchitectureInput;

  @Field(() => EndpointInput, {
    nullable: true,
    description: 'Where the model answers over HTTP. `spec` then says `inputShape` and `classCount`.',
  })
  endpoint?: EndpointInput;

  @Field(() => ModelFormat, { nullable: true, description: 'Format of the files of an upload; it is found out where it is not given.' })
  format?: ModelFormat;

  @Field(() => ModelSpecInput, { nullable: true, description: 'What the model expects of an image, for an upload or an endpoint.' })
  spec?: ModelSpecInput;

  @Field(() => ModelAccess, {
    nullable: true,
    description:
      'The most that attacks can have of an upload, by default GRADIENT. With SCORE or DECISION it is a black box, and onnxruntime runs an ONNX file as it is: also one with operators that have no gradient, or that the importer does not know.',
  })
  access?: ModelAccess;

  @Field(() => Float, {
    nullable: true,
    description:
      'Accuracy on clean images that it is known to have, above 0 and at most 1. Evaluations whose clean accuracy lies far below it have a finding: a wrong `valueRange`, or another data set.',
  })
  expectedCleanAccuracy?: number;
}
