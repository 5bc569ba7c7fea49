import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { InspectedDataset } from '../../services/dataset/inspect-dataset.js';
import { DatasetSplit } from './dataset-split.js';
import { ResizingMethod } from './resizing.js';

@InputType({ description: 'An upload to look at, or by an admin files of the server, without keeping a data set of it: the upload stays.' })
export class InspectDatasetInput {
  @Field(() => ID, { nullable: true, description: 'Id of a finished upload. Absent: files of the server, of the `format`.' })
  uploadId?: string;

  @Field(() => String, { nullable: true, description: 'As for `registerDataset`. Default: what is recognised.' })
  format?: string;

  @Field(() => DatasetSplit, { defaultValue: DatasetSplit.TEST, description: 'Which part of it.' })
  split!: DatasetSplit;

  @Field(() => [String], { nullable: true, description: 'As for `registerDataset`.' })
  classNames?: string[];

  @Field(() => [Int], { nullable: true, description: 'As for `registerDataset`.' })
  imageSize?: number[];

  @Field(() => Int, { nullable: true, description: 'As for `registerDataset`.' })
  channels?: number;

  @Field(() => ResizingMethod, { nullable: true, description: 'As for `registerDataset`.' })
  resizing?: ResizingMethod;

  @Field(() => Int, {
    nullable: true,
    description: 'So many images of an upload are decoded, the first of them; labels are read of all. Default: 1000.',
  })
  imageCount?: number;
}

@ObjectType({ description: 'The files of an upload.' })
export class InspectedFiles {
  @Field(() => Int, { description: 'How many there are, unpacked.' })
  count!: number;

  @Field(() => Float, { description: 'Their bytes, unpacked.' })
  bytes!: number;

  @Field(() => [String], { description: 'Names of the first 20.' })
  names!: readonly string[];
}

@ObjectType({ description: 'Images of one size and depth, as the files have them.' })
export class InspectedImages {
  @Field(() => [Int], { description: 'Height, width, channels.' })
  shape!: readonly number[];

  @Field(() => Int, { description: 'Bits of a pixel value: 8 or 16, or 32 for floats.' })
  bitDepth!: number;

  @Field(() => Int, { description: 'How many of them there are among those that were decoded.' })
  count!: number;

  @Field(() => String, { description: 'File, and row, of the first; empty for files of the server.' })
  at!: string;
}

@ObjectType({ description: 'A class.' })
export class InspectedClass {
  @Field(() => String, { description: 'Its name, or its number.' })
  name!: string;

  @Field(() => Int, { nullable: true, description: 'How many examples it has; null for files of the server.' })
  count?: number;
}

@ObjectType({ description: 'Why an upload would be refused.' })
export class DatasetProblem {
  @Field(() => String, { nullable: true, description: 'File, and row, where it is a matter of one image or label.' })
  at!: string | null;

  @Field(() => String, { description: 'Code, as in `Job.errorCode`.' })
  code!: string;

  @Field(() => String, { description: 'What is wrong, and what to do about it.' })
  message!: string;
}

@ObjectType({ description: 'What an upload holds, read as `registerDataset` does, and not kept.' })
export class DatasetInspection {
  constructor(private readonly inspected: InspectedDataset) {}

  @Field(() => String, { nullable: true, description: 'Format; null where none is recognised.' })
  get format(): string | null {
    return this.inspected.format ?? null;
  }

  @Field(() => InspectedFiles, { nullable: true, description: 'Its files; null where it cannot be unpacked, and for files of the server.' })
  get files(): InspectedFiles | null {
    return this.inspected.files ?? null;
  }

  @Field(() => Int, {
    description: 'Examples of the split. Fewer than there are where the first of the problems kept the rest from being read.',
  })
  get exampleCount(): number {
    return this.inspected.exampleCount;
  }

  @Field(() => Int, { description: 'Images that were decoded.' })
  get decodedCount(): number {
    return this.inspected.decodedCount;
  }

  @Field(() => [InspectedImages], { description: 'Their sizes and depths before any resizing, the most frequent first, at most 20.' })
  get images(): readonly InspectedImages[] {
    return this.inspected.images;
  }

  @Field(() => [InspectedClass], { description: 'Classes in the order of the labels; empty where a problem kept them from being known.' })
  get classes(): readonly InspectedClass[] {
    return this.inspected.classes;
  }

  @Field(() => String, { nullable: true, description: 'What would be done to the images, in words; null for files of the server.' })
  get preparation(): string | null {
    return this.inspected.preparation ?? null;
  }

  @Field(() => [String], {
    description:
      'What would be read, and perhaps otherwise than you mean it, such as files that are left out, the layout of arrays, or values far under the range. All are in `preparation` too.',
  })
  get warnings(): readonly string[] {
    return this.inspected.warnings;
  }

  @Field(() => [DatasetProblem], { description: 'What would be refused, the first 50. `registerDataset` ends at the first of them.' })
  get problems(): readonly DatasetProblem[] {
    return this.inspected.problems;
  }

  @Field(() => Int, { description: 'How many problems there are.' })
  get problemCount(): number {
    return this.inspected.problemCount;
  }
}
