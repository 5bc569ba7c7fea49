import { Field, InputType } from 'type-graphql';
import { DEFAULT_RESIZING, datasetFormats } from '../../compute/data/index.js';
import { DatasetSplit } from './dataset-split.js';
import { ResizingMethod } from './resizing.js';

const FORMATS = datasetFormats.map(({ name, title }) => `\`${name}\` (${title})`).join(', ');

@InputType({ description: 'A data set to measure on. Its files lie on the server.' })
export class RegisterDatasetInput {
  @Field(() => String, { description: 'Unique name: 1 to 100 letters, digits, spaces and `. _ - + ( ) /`.' })
  name!: string;

  @Field(() => String, { description: `Format of the files: ${FORMATS}. Folders of the files are part of the server's configuration.` })
  format!: string;

  @Field(() => DatasetSplit, { defaultValue: DatasetSplit.TEST, description: 'Which part of it.' })
  split!: DatasetSplit;

  @Field(() => ResizingMethod, {
    nullable: true,
    description: `How pictures become squares of one size, for formats of pictures of any size. Default: \`${DEFAULT_RESIZING}\`.`,
  })
  resizing?: ResizingMethod;
}
