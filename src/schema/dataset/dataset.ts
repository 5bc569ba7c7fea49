import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { Dataset as DatasetRow } from '../../storage/generated/client.js';
import { DatasetSplit } from './dataset-split.js';
import { Visibility } from '../model/visibility.js';
import { DatasetState } from './dataset-state.js';
import { Resizing } from './resizing.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { orderInput } from '../relay/order.js';
import { Column } from '../column.js';
import { Annotated, NOTE, TAGS } from '../annotation/annotated.js';

@ObjectType({ implements: [Node, Annotated], description: 'Labelled images to measure on.' })
export class Dataset extends Node {
  constructor(readonly row: DatasetRow) {
    super('Dataset', row.id);
  }

  @Column(() => String, { description: 'Name: unique among public data sets, and among the private ones of an owner.' })
  readonly name!: string;

  @Column(() => String, { description: 'Name of the principal that registered it; `server` where its files lie on the server.' })
  readonly owner!: string;

  @Column(() => Visibility, { description: 'Who sees it.' })
  readonly visibility!: Visibility;

  @Column(() => DatasetState, { description: 'Whether it can be measured on. What its reading finds is empty until READY.' })
  readonly state!: DatasetState;

  @Field(() => String, { description: 'Format of its files, of an upload too; `uploaded` until it is recognised.' })
  get format(): string {
    return this.row.uploadFormat ?? this.row.format;
  }

  @Column(() => String, {
    nullable: true,
    description:
      'What was done to the images of an upload, in words: libraries, size and crop. Null until READY, and for files of the server.',
  })
  readonly preparation!: string | null;

  @Column(() => DatasetSplit, { description: 'Part of the whole.' })
  readonly split!: DatasetSplit;

  @Column(() => [Int], { description: 'Height, width, channels.' })
  readonly imageShape!: number[];

  @Column(() => [String], { description: 'Names of the classes, in the order of the labels.' })
  readonly classNames!: string[];

  @Column(() => Int, { description: 'Number of examples.' })
  readonly exampleCount!: number;

  @Column(() => Int, {
    description:
      'Bits of a pixel value: 8 or 16, to which adversarial images are rounded before they are judged; 32 for floats, which are not rounded.',
  })
  readonly bitDepth!: number;

  @Field(() => Resizing, {
    nullable: true,
    description: 'How its pictures become squares of one size; null where all images of the files have one size.',
  })
  get resizing(): Resizing | null {
    return this.row.resizing === null ? null : new Resizing(this.row.resizing);
  }

  @Column(() => String, { description: 'SHA-256 of all images and labels in order.' })
  readonly fingerprint!: string;

  @Column(() => [String], TAGS)
  readonly tags!: string[];

  @Column(() => String, { nullable: true, description: NOTE })
  readonly note!: string | null;

  @Column(() => GraphQLDateTimeISO, { description: 'When it was registered.' })
  readonly createdAt!: Date;
}

export const DatasetConnection = connectionOf('Dataset', Dataset);
export type DatasetConnection = InstanceType<typeof DatasetConnection>;

export enum DatasetOrderField {
  CREATED_AT = 'createdAt',
  NAME = 'name',
}

registerEnumType(DatasetOrderField, {
  name: 'DatasetOrderField',
  description: 'What data sets are ordered by.',
  valuesConfig: { CREATED_AT: { description: 'Time of registration.' }, NAME: { description: 'Name.' } },
});

export const DatasetOrder = orderInput('DatasetOrder', DatasetOrderField, DatasetOrderField.CREATED_AT);
export type DatasetOrder = InstanceType<typeof DatasetOrder>;
