import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLDateTimeISO, GraphQLJSONObject } from 'graphql-scalars';
import type { Model as ModelRow } from '../../storage/generated/client.js';
import type { Endpoint as StoredEndpoint } from '../../compute/models/index.js';
import { ModelAccess, ModelFormat, ModelStatus, OutputKind } from './enums.js';
import { Visibility } from './visibility.js';
import { Node } from '../relay/node.js';
import { connectionOf } from '../relay/connection.js';
import { orderInput } from '../relay/order.js';
import { cardOf, cleanCheckOf, specOf } from '../../storage/json.js';
import { ModelCard } from './model-card.js';
import { isReady } from '../../storage/ready-model.js';
import { CleanCheck } from './clean-check.js';
import { Endpoint } from './endpoint.js';
import { LocalFunction } from './function.js';
import { ModelSpec } from './model-spec.js';
import { Column } from '../column.js';
import { Annotated, NOTE, TAGS } from '../annotation/annotated.js';

@ObjectType({ implements: [Node, Annotated], description: 'An image classifier that can be attacked.' })
export class Model extends Node {
  constructor(readonly row: ModelRow) {
    super('Model', row.id);
  }

  @Column(() => String, { description: 'Name: versions of a model share it, and no other model that is public or of its owner has it.' })
  readonly name!: string;

  @Column(() => Int, { description: 'Which of the submissions under its name, from 1.' })
  readonly version!: number;

  @Column(() => Boolean, {
    description: 'For a LISTED model: whether others can have this server make images on it and try them on models of their own.',
  })
  readonly allowsTransfers!: boolean;

  @Column(() => String, { nullable: true, description: 'What its submitter says about it.' })
  readonly description!: string | null;

  @Column(() => String, { description: 'Name of the principal that submitted it; `server` where it came with the server.' })
  readonly owner!: string;

  @Column(() => Visibility, { description: 'Who sees it.' })
  readonly visibility!: Visibility;

  @Column(() => ModelStatus, { description: 'Whether it can be evaluated. What its validation finds is null until READY.' })
  readonly status!: ModelStatus;

  @Column(() => ModelAccess, { description: 'The most that attacks can have of it.' })
  readonly access!: ModelAccess;

  @Field(() => String, {
    nullable: true,
    description: 'Path of its card as a README with YAML front matter, below the address of this server; null where it has none.',
  })
  get readmeUrl(): string | null {
    return this.row.card === null ? null : `/models/${this.row.id}/README.md`;
  }

  /** A field of its resolver: not everyone's. */
  get endpoint(): Endpoint | null {
    const endpoint = this.row.endpoint as StoredEndpoint | null;
    return endpoint === null || endpoint.isFunction ? null : new Endpoint(endpoint);
  }

  /** A field of its resolver: not everyone's. */
  get function(): LocalFunction | null {
    const endpoint = this.row.endpoint as StoredEndpoint | null;
    return endpoint?.isFunction ? new LocalFunction(endpoint) : null;
  }

  @Column(() => ModelFormat, {
    nullable: true,
    description: 'Format of its files; null until its validation finds it out, and behind an endpoint.',
  })
  readonly format!: ModelFormat | null;

  @Column(() => String, { nullable: true, description: 'Built-in architecture that it was made from; null for an uploaded model.' })
  readonly architecture!: string | null;

  @Column(() => Int, { nullable: true, description: 'Seed of its weights, where it was made from a built-in architecture.' })
  readonly seed!: number | null;

  @Field(() => ModelSpec, { nullable: true, description: 'What it expects of an image.' })
  get spec(): ModelSpec | null {
    // Before, it is what the submitter has given of it.
    return isReady(this.row) ? specOf(this.row) : null;
  }

  @Column(() => OutputKind, { nullable: true, description: 'What its output is.' })
  readonly output!: OutputKind | null;

  @Column(() => Int, { nullable: true, description: 'Number of weights; null where it is not known.' })
  readonly parameterCount!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Multiplications with an addition in one forward pass of one image, in convolutions and matrix products: what papers give as FLOPs or MACs.',
  })
  get multiplyAdds(): number | null {
    return this.row.multiplyAdds === null ? null : Number(this.row.multiplyAdds);
  }

  @Column(() => Boolean, {
    nullable: true,
    description: 'Whether images of noise have finite input gradients that are not zero everywhere; null where there are no gradients.',
  })
  readonly gradientsHealthy!: boolean | null;

  @Column(() => Float, {
    nullable: true,
    description:
      'How far its scores are from those of onnxruntime on the same ONNX file: the largest difference on images of noise, relative to the largest score. Null for other formats and black boxes, and where onnxruntime cannot run the file, which is then among the warnings.',
  })
  readonly forwardDifference!: number | null;

  @Column(() => Boolean, {
    nullable: true,
    description: 'Whether the import took a final softmax off, so that attacks see logits; null where that was not noted.',
  })
  readonly softmaxRemoved!: boolean | null;

  @Column(() => Float, { nullable: true, description: 'Accuracy on clean images that its submitter says it has.' })
  readonly expectedCleanAccuracy!: number | null;

  @Field(() => CleanCheck, {
    nullable: true,
    description: 'How its validation found it on clean images; null where none of the data sets fits it, and behind an endpoint.',
  })
  get cleanCheck(): CleanCheck | null {
    const check = cleanCheckOf(this.row);
    return check && new CleanCheck(check);
  }

  @Column(() => GraphQLJSONObject, { nullable: true, description: 'Layer types with their counts.' })
  readonly operations!: unknown;

  @Column(() => [String], { description: 'What the import found worth saying.' })
  readonly warnings!: string[];

  @Field(() => ModelCard, { nullable: true, description: 'What its owner says of it; null where nothing was said.' })
  get card(): ModelCard | null {
    return cardOf(this.row);
  }

  /** A field of its resolver: not everyone's. */
  get downloadUrl(): string | null {
    return this.row.artifactId && `/artifacts/${this.row.artifactId}`;
  }

  /** A field of its resolver: not everyone's. */
  get onnxUrl(): string | null {
    return this.row.status === 'READY' && this.row.access === 'GRADIENT' ? `/models/${this.row.id}/onnx` : null;
  }

  @Field(() => String, {
    nullable: true,
    description:
      'Path of the ONNX file in the graph that was submitted, with the weights as they are now: those of a trained model under the names of the file that training began with. Its batch axis is open, unless the header `Gauntlet-Batch` says how many images it takes. Null for other formats and black boxes.',
  })
  get submittedOnnxUrl(): string | null {
    return this.row.format === 'ONNX' && this.onnxUrl ? `/models/${this.row.id}/submitted.onnx` : null;
  }

  @Field(() => String, {
    nullable: true,
    description: 'Path of its weights as a safetensors file, under the names that its file has for them. Null for a black box.',
  })
  get safetensorsUrl(): string | null {
    return this.onnxUrl && `/models/${this.row.id}/weights.safetensors`;
  }

  @Column(() => [String], TAGS)
  readonly tags!: string[];

  @Column(() => String, { nullable: true, description: NOTE })
  readonly note!: string | null;

  @Column(() => GraphQLDateTimeISO, { description: 'When it was submitted.' })
  readonly createdAt!: Date;
}

export const ModelConnection = connectionOf('Model', Model);
export type ModelConnection = InstanceType<typeof ModelConnection>;

export enum ModelOrderField {
  CREATED_AT = 'createdAt',
  NAME = 'name',
}

registerEnumType(ModelOrderField, {
  name: 'ModelOrderField',
  description: 'What models are ordered by.',
  valuesConfig: { CREATED_AT: { description: 'Time of submission.' }, NAME: { description: 'Name.' } },
});

export const ModelOrder = orderInput('ModelOrder', ModelOrderField, ModelOrderField.CREATED_AT);
export type ModelOrder = InstanceType<typeof ModelOrder>;
