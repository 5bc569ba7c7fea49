import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { Dataset as DatasetRow } from '../../storage/generated/client.js';
import { DatasetSplit } from './dataset-split.js';
import { Resizing } from './resizing.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { orderInput } from '../relay/order.js';
import { Column } from '../column.js';

@ObjectType({ implements: Node, description: 'Labelled images to measure on.' })
export class Dataset extends Node {
  constructor(readonly row: DatasetRow) {
    super('Dataset', row.id);
  }

  @Column(() => String, { description: 'Unique name.' })
  readonly name!: string;

  @Column(() => String, { description: 'Format of its files.' })
  readonly format!: string;

  @Column(() => DatasetSplit, { description: 'Part of the whole.' })
  readonly split!: DatasetSplit;

  @Column(() => [Int], { description: 'Height, width, channels.' })
  readonly imageShape!: number[];

  @Column(() => [String], { description: 'Names of the classes, in the order of the labels.' })
  readonly classNames!: string[];

  @Column(() => Int, { description: 'Number of examples.' })
  readonly exampleCount!: number;

  @Column(() => Int, { description: 'Bits of a pixel value. Adversarial images are judged after rounding to them.' })
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
