/** Adversarial images in the artifact store: one after the other, 8 or 16 bits a channel, or 32-bit floats that are fractions of the pixel range; little-endian. @module */
import { type BitDepth, bytesOfLevels, type Levels, levelsFromBytes, levelTypeOfBits } from '../compute/tensors/index.js';
import type { ArtifactStore } from './artifacts.js';
import type { ArtifactDescription } from './artifact-rows.js';
import type { DatabaseClient } from './database.js';

const MEDIA_TYPES: Readonly<Record<BitDepth, string>> = {
  8: 'application/octet-stream',
  16: 'application/vnd.gauntlet.uint16',
  32: 'application/vnd.gauntlet.float32',
};

/** Pixel values of images, one after the other. */
export type ImageValues = Levels;

/** How images are described where they are stored. @param bits of a pixel value; 32: floats. */
export const imagesDescription = (bits: BitDepth, imageShape: number[]): ArtifactDescription => ({
  mediaType: MEDIA_TYPES[bits],
  imageShape,
});

/** The bytes of images, without a copy. */
export const bytesOfImages = (images: ImageValues): Uint8Array => bytesOfLevels(images);

/** Reads `count` images from the image `from` on; undefined where there are not so many. */
export type ReadImages = (from: number, count: number) => Promise<ImageValues | undefined>;

/** @param id of an artifact with a row. @param size pixel values of one image. */
export async function imageReader(prisma: DatabaseClient, store: ArtifactStore, id: string, size: number): Promise<ReadImages> {
  const { mediaType } = await prisma.artifact.findUniqueOrThrow({ where: { id }, select: { mediaType: true } });
  return readerOf(store, id, mediaType, size);
}

/** The same where the row has been read. */
export function readerOf(store: ArtifactStore, id: string, mediaType: string, size: number): ReadImages {
  const bits = ([16, 32] as const).find((depth) => MEDIA_TYPES[depth] === mediaType) ?? 8;
  const width = size * (bits / 8);
  return async (from, count) => {
    const bytes = await store.readRange(id, from * width, count * width);
    return bytes && levelsFromBytes(levelTypeOfBits(bits), bytes);
  };
}
