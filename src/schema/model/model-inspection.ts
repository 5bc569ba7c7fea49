import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import type { DeclaredTensor as Declared, FileDescription, ModelCard } from '../../compute/models/index.js';
import type { InspectedModel } from '../../services/model/inspect-model.js';
import { CleanCheck } from './clean-check.js';
import { ModelAccess, ModelFormat, OutputKind } from './enums.js';
import { ModelSpecInput } from './model-spec-input.js';
import { ModelSpec } from './model-spec.js';

@InputType({ description: 'An upload to look at, without keeping a model of it: the upload stays.' })
export class InspectModelInput {
  @Field(() => ID, { description: 'Id of a finished upload.' })
  uploadId!: string;

  @Field(() => ModelSpecInput, { nullable: true, description: 'What would be given as `spec` of `submitModel`.' })
  spec?: ModelSpecInput;

  @Field(() => ID, { nullable: true, description: 'A data set on whose first 300 images clean accuracy is measured.' })
  checkDatasetId?: string;
}

@ObjectType({ description: 'An input or output that an ONNX file declares.' })
export class DeclaredTensor {
  constructor(private readonly declared: Declared) {}

  @Field(() => String, { description: 'Its name.' })
  get name(): string {
    return this.declared.name;
  }

  @Field(() => [Int], {
    nullable: 'itemsAndList',
    description: 'Its shape with the batch axis, null for open sizes; null where the file does not say.',
  })
  get shape(): readonly (number | null)[] | null {
    return this.declared.shape;
  }

  @Field(() => String, { nullable: true, description: 'Type of its values, such as `FLOAT`; null where it is no tensor.' })
  get type(): string | null {
    return this.declared.type;
  }
}

@ObjectType({ description: 'What the files of a model say of themselves.' })
export class ModelFile {
  constructor(private readonly file: FileDescription) {}

  @Field(() => ModelFormat, { description: 'Format.' })
  get format(): string {
    return this.file.format;
  }

  @Field(() => Float, { description: 'Bytes of all files, unpacked.' })
  get bytes(): number {
    return this.file.bytes;
  }

  @Field(() => String, { nullable: true, description: 'What wrote an ONNX file.' })
  get producer(): string | null {
    return this.file.producer;
  }

  @Field(() => GraphQLJSONObject, { description: 'Versions of the operator sets of an ONNX file, by domain.' })
  get opsets(): unknown {
    return this.file.opsets;
  }

  @Field(() => [DeclaredTensor], { description: 'Inputs of an ONNX file; what other formats take is in `spec`.' })
  get inputs(): DeclaredTensor[] {
    return this.file.inputs.map((one) => new DeclaredTensor(one));
  }

  @Field(() => [DeclaredTensor], { description: 'Outputs of an ONNX file.' })
  get outputs(): DeclaredTensor[] {
    return this.file.outputs.map((one) => new DeclaredTensor(one));
  }

  @Field(() => GraphQLJSONObject, { description: 'Operators of an ONNX file, as written, with their counts.' })
  get operators(): unknown {
    return this.file.operators;
  }
}

@ObjectType({ description: 'Why a model would be refused.' })
export class ModelRefusal {
  @Field(() => String, { description: 'Code, as in `Job.errorCode`.' })
  code!: string;

  @Field(() => String, { description: 'What is wrong, and what to do about it.' })
  message!: string;
}

@ObjectType({ description: 'What an upload would be accepted as: it was imported and run as `submitModel` does, and not kept.' })
export class ModelInspection {
  private readonly card: ModelCard | undefined;

  constructor(private readonly inspected: InspectedModel) {
    this.card = inspected.card;
  }

  @Field(() => ModelFile, { nullable: true, description: 'What the files say of themselves; null where they cannot be read.' })
  get file(): ModelFile | null {
    return this.inspected.file ? new ModelFile(this.inspected.file) : null;
  }

  @Field(() => ModelAccess, {
    nullable: true,
    description:
      'The most that attacks would have of it: SCORE where it cannot be differentiated, and runs as a black box. Null where it is refused.',
  })
  get access(): string | null {
    return this.card?.access ?? null;
  }

  @Field(() => ModelRefusal, {
    nullable: true,
    description: 'Why it is refused or, with `access` SCORE, why attacks have no gradients of it.',
  })
  get refusal(): ModelRefusal | null {
    return this.inspected.refusal ?? null;
  }

  @Field(() => ModelSpec, { nullable: true, description: 'What it expects of an image; null where it is refused.' })
  get spec(): ModelSpec | null {
    return this.card?.spec ?? null;
  }

  @Field(() => OutputKind, { nullable: true, description: 'What its output is; null where it is refused.' })
  get output(): string | null {
    return this.card?.output ?? null;
  }

  @Field(() => Float, { nullable: true, description: 'Number of weights; null where it is not known.' })
  get parameterCount(): number | null {
    return this.card?.parameterCount ?? null;
  }

  @Field(() => Float, { nullable: true, description: 'Multiplications with an addition in one forward pass of one image.' })
  get multiplyAdds(): number | null {
    return this.card?.multiplyAdds ?? null;
  }

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: 'Layer types with their counts, as they were imported; null where it is refused.',
  })
  get operations(): unknown {
    return this.card?.operations ?? null;
  }

  @Field(() => [String], { description: 'What the import found worth saying.' })
  get warnings(): readonly string[] {
    return this.card?.warnings ?? [];
  }

  @Field(() => CleanCheck, { nullable: true, description: 'How it is on clean images; null where none of the data sets fits it.' })
  get cleanCheck(): CleanCheck | null {
    return this.card?.cleanCheck ? new CleanCheck(this.card.cleanCheck) : null;
  }
}
