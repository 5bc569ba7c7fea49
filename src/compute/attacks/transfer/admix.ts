/** Admix (Wang et al. 2021): gradients are taken of the image with a small portion of an image of another class added. @module */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { ComputeError } from '../../errors.js';
import { floats } from '../../tensors/index.js';
import type { Preparation } from '../core/definition.js';
import { row } from '../core/image-arrays.js';
import type { ViewPart } from './parts.js';

export const ADMIX_PARAMETERS = {
  mixed: integer({
    default: 3,
    minimum: 1,
    maximum: 100,
    description: 'm₂: images of other classes, each added to a view of its own. The paper has 3.',
  }),
  portion: real({
    default: 0.2,
    minimum: 0,
    maximum: 1,
    description: 'η: portion of the other image that is added. The paper has 0.2.',
  }),
};

/** Images to add, and their classes. */
export interface OtherImages {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** @throws ComputeError INVALID_ATTACK in training, which prepares nothing. */
export function mixedImages(prepared: OtherImages | undefined): OtherImages {
  if (prepared) return prepared;
  throw new ComputeError(
    'INVALID_ATTACK',
    'Admix mixes in images of the data set, which evaluations alone give it. Choose another attack.',
    ['kind'],
  );
}

/** How many of them: the last of the data set. */
const OTHERS = 256;

/** Tries to draw an image of another class. */
const TRIES = 64;

export async function prepareMixed({ examples }: Preparation): Promise<OtherImages> {
  const { images, labels } = await examples(OTHERS);
  return { images: floats(images), labels };
}

export function admix(
  { portion }: Pick<ValuesOf<typeof ADMIX_PARAMETERS>, 'portion'>,
  { images, labels }: OtherImages,
  imageShape: readonly [number, number, number],
): ViewPart {
  const size = imageShape.reduce((product, length) => product * length, 1);
  return {
    variant: 'admix',
    drawn: { admixed: imageShape },
    draw(stream, label) {
      let other = stream.integer(labels.length);
      for (let attempt = 0; attempt < TRIES && labels[other] === label; attempt++) other = stream.integer(labels.length);
      return { admixed: row(images, size, other).map((value) => portion * value) };
    },
    view: (x, { admixed }) => tf.add(x, admixed!),
  };
}
