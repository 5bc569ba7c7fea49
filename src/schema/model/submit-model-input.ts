import { Field, Float, ID, InputType } from 'type-graphql';
import { ModelAccess, ModelFormat } from './enums.js';
import { Visibility } from './visibility.js';
import { ArchitectureInput } from './architecture-input.js';
import { EndpointInput } from './endpoint-input.js';
import { FunctionInput } from './function.js';
import { ModelSpecInput } from './model-spec-input.js';

@InputType({
  description:
    'A model to keep: from an upload, from a built-in architecture, behind an endpoint, or as a function of the client. Give one of the four.',
})
export class SubmitModelInput {
  @Field(() => String, {
    nullable: true,
    description:
      'Name: 1 to 100 letters, digits, spaces and `. _ - + ( ) /`. No other model that is public or yours may have it. A version has the name of the versions before.',
  })
  name?: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of a model of yours whose next version this is. It has the name of that one, and results of its own.',
  })
  versionOf?: string;

  @Field(() => String, { nullable: true, description: 'What others should know about it, up to 2000 characters.' })
  description?: string;

  @Field(() => Visibility, {
    defaultValue: Visibility.PRIVATE,
    description: 'Who sees it and all that is measured on it. A public model can be downloaded by everyone with a token.',
  })
  visibility!: Visibility;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'For a LISTED model: whether others can have this server make images on it and try them on models of their own.',
  })
  allowsTransfers!: boolean;

  @Field(() => ID, { nullable: true, description: 'Id of a finished upload: an .onnx file, or a zip, tar or tar.gz of the files.' })
  uploadId?: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'Id of a second finished upload: an .onnx file of a purifier in front of the model, from images to images of the same shape, pixels in [0, 1]. Attacks by gradient go through it, BPDA past it. The model is then an ONNX file too.',
  })
  preprocessorUploadId?: string;

  @Field(() => ArchitectureInput, { nullable: true, description: 'A built-in architecture.' })
  architecture?: ArchitectureInput;

  @Field(() => EndpointInput, {
    nullable: true,
    description: 'Where the model answers over HTTP. `spec` then says `inputShape` and `classCount`.',
  })
  endpoint?: EndpointInput;

  @Field(() => FunctionInput, {
    nullable: true,
    description: 'A function that the client runs and connects. `spec` then says `inputShape` and `classCount`.',
  })
  function?: FunctionInput;

  @Field(() => ModelFormat, { nullable: true, description: 'Format of the files of an upload; it is found out where it is not given.' })
  format?: ModelFormat;

  @Field(() => ModelSpecInput, {
    nullable: true,
    description: 'What the model expects of an image, for an upload, an endpoint or a function.',
  })
  spec?: ModelSpecInput;

  @Field(() => ID, {
    nullable: true,
    description:
      'A data set whose classes the model is to have: `spec.classNames`, those of the network in the order of its outputs, are matched with its names, whole or one of several between commas. What has no name there is left out.',
  })
  classesOfDatasetId?: string;

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

  @Field(() => ID, {
    nullable: true,
    description:
      'A data set on whose first 300 images the validation measures clean accuracy. Where that is far below `expectedCleanAccuracy` or, without it, hardly more than guessing, usual preparations of pixels and orders of classes are tried: `Model.cleanCheck`. By default a few images of the first test set that fits.',
  })
  checkDatasetId?: string;
}
