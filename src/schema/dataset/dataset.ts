import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { Dataset as DatasetRow } from '../../storage/generated/client.js';
import { DatasetSplit } from './dataset-split.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { orderInput } from '../relay/order.js';

@ObjectType({ implements: Node, description: 'Labelled images to measure on.' })
export class Dataset extends Node {
  constructor(readonly row: DatasetRow) {
    super('Dataset', row.id);
  }

  @Field(() => String, { description: 'Unique name.' })
  get name(): string {
    return this.row.name;
  }

  @Field(() => String, { description: 'Format of its files.' })
  get format(): string {
    return this.row.format;
  }

  @Field(() => DatasetSplit, { description: 'Part of the whole.' })
  get split(): DatasetSplit {
    return this.row.split;
  }

  @Field(() => [Int], { description: 'Height, width, channels.' })
  get imageShape(): number[] {
    return this.row.imageShape;
  }

  @Field(() => [String], { description: 'Names of the classes, in the order of the labels.' })
  get classNames(): string[] {
    return this.row.classNames;
  }

  @Field(() => Int, { description: 'Number of examples.' })
  get exampleCount(): number {
    return this.row.exampleCount;
  }

  @Field(() => Int, { description: 'Bits of a pixel value. Adversarial images are judged after rounding to them.' })
  get bitDepth(): number {
    return this.row.bitDepth;
  }

  @Field(() => String, { description: 'SHA-256 of all images and labels in order.' })
  get fingerprint(): string {
    return this.row.fingerprint;
  }

  @Field(() => GraphQLDateTimeISO, { description: 'When it was registered.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }
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
