import { Field, ID, InputType } from 'type-graphql';
import { ModelFormat, Visibility } from '../enums/index.js';
import { ArchitectureInput } from './architecture-input.js';
import { ModelSpecInput } from './model-spec-input.js';

@InputType({ description: 'A model to keep: from an upload, or from a built-in architecture. Give one of the two.' })
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

  @Field(() => ModelFormat, { nullable: true, description: 'Format of the files of an upload; it is found out where it is not given.' })
  format?: ModelFormat;

  @Field(() => ModelSpecInput, { nullable: true, description: 'What the model expects of an image, for an upload.' })
  spec?: ModelSpecInput;
}
