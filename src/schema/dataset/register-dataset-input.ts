import { Field, ID, InputType, Int } from 'type-graphql';
import { DEFAULT_RESIZING, datasetFormats, uploadFormats } from '../../compute/data/index.js';
import { DatasetSplit } from './dataset-split.js';
import { Visibility } from '../model/visibility.js';
import { ResizingMethod } from './resizing.js';

const listed = (formats: readonly { readonly name: string; readonly title: string }[]) =>
  formats.map(({ name, title }) => `\`${name}\` (${title})`).join(', ');

@InputType({ description: 'A data set to measure on and to train on: an upload, or, by an admin, files of the server.' })
export class RegisterDatasetInput {
  @Field(() => String, { description: 'Unique name: 1 to 100 letters, digits, spaces and `. _ - + ( ) /`.' })
  name!: string;

  @Field(() => ID, { nullable: true, description: 'Upload that has its files, whose bytes are all there. Absent: they lie on the server.' })
  uploadId?: string;

  @Field(() => String, {
    nullable: true,
    description: `Format of the files. Of an upload: ${listed(uploadFormats)}; default: what is recognised. Of files of the server, whose folders are part of its configuration: ${listed(datasetFormats)}.`,
  })
  format?: string;

  @Field(() => Visibility, { nullable: true, description: 'Who sees an upload. Default: PRIVATE. Files of the server are for everyone.' })
  visibility?: Visibility;

  @Field(() => DatasetSplit, { defaultValue: DatasetSplit.TEST, description: 'Which part of it.' })
  split!: DatasetSplit;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the classes of an upload, in the order of the labels. Default: those that the files say, else numbers.',
  })
  classNames?: string[];

  @Field(() => [Int], {
    nullable: true,
    description: 'Height and width to which pictures of an upload are resized. Default: they all have one size, which they keep.',
  })
  imageSize?: number[];

  @Field(() => Int, {
    nullable: true,
    description:
      'Channels of the pictures of an upload: 1 (grey) or 3 (RGB, to which grey pictures are widened). Default: as many as the first has.',
  })
  channels?: number;

  @Field(() => ResizingMethod, {
    nullable: true,
    description: `How pictures become squares of one size, for formats of pictures of any size. Default: \`${DEFAULT_RESIZING}\`, which also makes images of unequal sides.`,
  })
  resizing?: ResizingMethod;
}
