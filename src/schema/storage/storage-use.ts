import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { StorageKind as Kind } from '../../services/storage/storage-use.js';

const StorageKind = {
  CHECKPOINTS: 'CHECKPOINTS',
  DATASETS: 'DATASETS',
  IMAGES: 'IMAGES',
  MODELS: 'MODELS',
  PARTS: 'PARTS',
  UPLOADS: 'UPLOADS',
} as const satisfies Record<Kind, Kind>;

registerEnumType(StorageKind, {
  name: 'StorageKind',
  description: 'What takes space in the artifact store.',
  valuesConfig: {
    CHECKPOINTS: { description: 'Checkpoints of training runs.' },
    DATASETS: { description: 'Uploaded data sets.' },
    IMAGES: { description: 'Adversarial images that evaluations keep.' },
    MODELS: { description: 'Files of models.' },
    PARTS: { description: 'What parts of unfinished jobs have made.' },
    UPLOADS: { description: 'Uploads that nothing has used.' },
  },
});

@ObjectType({ description: 'Space that one kind of things of one owner takes.' })
export class StorageUse {
  @Field(() => String, { description: 'Name of the principal that they belong to.' })
  owner!: string;

  @Field(() => StorageKind, { description: 'What they are.' })
  kind!: Kind;

  @Field(() => Int, { description: 'How many of them have bytes in the store.' })
  count!: number;

  @Field(() => Float, {
    description: 'Their bytes. Bytes that several of them share count once; those that two owners share count for both.',
  })
  bytes!: number;
}
