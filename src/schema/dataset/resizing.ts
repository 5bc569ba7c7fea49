import { Field, Float, ObjectType, registerEnumType } from 'type-graphql';
import { CROP, findResizing, type ResizingName, resizings } from '../../compute/data/index.js';

export const ResizingMethod = {
  VIPS_LINEAR: 'VIPS_LINEAR',
  PIL_BILINEAR: 'PIL_BILINEAR',
  PIL_BICUBIC: 'PIL_BICUBIC',
  TF_BILINEAR: 'TF_BILINEAR',
  TF_BICUBIC: 'TF_BICUBIC',
} as const satisfies Record<ResizingName, ResizingName>;
export type ResizingMethod = ResizingName;

registerEnumType(ResizingMethod, {
  name: 'ResizingMethod',
  description: 'How pictures of any size become the squares that networks see.',
  valuesConfig: Object.fromEntries(resizings.map(({ name, description }) => [name, { description }])),
});

@ObjectType({ description: 'How pictures of any size become the squares that networks see.' })
export class Resizing {
  @Field(() => ResizingMethod, { description: 'Library and kernel.' })
  readonly method: ResizingName;

  @Field(() => Float, { description: 'Share of the shorter side that is kept, in the middle of the picture.' })
  readonly crop: number = CROP;

  @Field(() => String, { description: 'In words: kernel, whether it antialiases, and which part of the picture it takes.' })
  readonly description: string;

  /** @param name key of the registry. */
  constructor(name: string) {
    const { name: method, description } = findResizing(name);
    this.method = method;
    this.description = description;
  }
}
